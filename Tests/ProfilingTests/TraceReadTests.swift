import Foundation
import Profiling
import Testing

@Suite struct TraceReadTests {
    private let folder = try! TraceFolder()

    @Test(arguments: TraceSamples.all)
    func `every format tells the same routes`(text: String) throws {
        let table = try folder.read(text)
        #expect(table.choices == [[[3, 0], [1, 2], [2, 3]], [[0, 1], [0, 3], [0, 2]]])
        #expect(table.passes.map(\.tokens) == [0..<2, 2..<3])
        #expect(table.passes.map(\.phase) == [.prompt, .decode])
        #expect(table.passes.map(\.position) == [0, 2])
        #expect(table.layers.map(\.name) == ["0", "1"])
        #expect(table.experts == 4)
        #expect(table.topK == 2)
        #expect(table.texts.count == 1)
    }

    @Test(arguments: TraceSamples.all)
    func `line ends of Windows, a mark of UTF-8 and a missing last line end change nothing`(text: String) throws {
        let table = try folder.read(text)
        let lines = text.split(separator: "\n").joined(separator: "\r\n")
        #expect(try folder.read("\u{FEFF}" + lines).choices == table.choices)
    }

    @Test func `formats are recognized by how they begin`() throws {
        let formats: [TraceFormat] = [.offstage, .megatron, .llamaCpp, .llamaCpp, .routeTrace]
        for (text, format) in zip(TraceSamples.all, formats) {
            #expect(try TraceFile.read([folder.write(text.utf8)]).format == format)
        }
    }

    @Test func `weights, ids and sizes are read where there are some`() throws {
        let ours = try folder.read(TraceSamples.offstage)
        let rows = try folder.read(TraceSamples.routeTrace)
        #expect(ours.routes.map(\.weights) == rows.routes.map(\.weights))
        #expect(ours.routes[1].weights == [0.5, 0.5, 0.875, 0.125, 0.5, 0.5])
        #expect(ours.ids == [7, 8, 9])
        #expect(rows.ids == [-1, -1, -1])
        #expect(rows.layers.map(\.expertBytes) == [100, 200])
        #expect(rows.model == "tiny")
    }

    @Test func `version 2 of ours knows texts, gates and dropped choices`() throws {
        let table = try folder.read(
            """
            {"format":"offstage-trace","version":2,"model":"m","layers":3,"experts":4,"top_k":2,"expert_bytes":[0,8,9]}
            {"text":{"name":"a \\"b\\"","domain":"verse"}}
            {"phase":"decode","token":0,"id":5,"layer":1,"experts":[2],"dropped":[1]}
            { "token" : 0, "extra" : {"a":[1,"}"]}, "phase":"decode", "id":5, "layer":2, "experts":[], "weights":[] }
            {"text":{}}
            {"phase":"decode","token":0,"id":-1,"layer":1,"experts":[0,1],"weights":[0.5,0.25],"gate":{"confidence":0.5,"margin":0.25,"entropy":1}}
            {"phase":"decode","token":0,"id":-1,"layer":2,"experts":[3]}
            """)
        #expect(table.texts == [.init(name: "a \"b\"", domain: "verse"), .init()])
        #expect(table.choices == [[[2], [0, 1]], [[], [3]]])
        #expect(table.layers.map(\.expertBytes) == [8, 9])
        #expect(table.routes[0].dropped == [0, 1])
        #expect(table.routes[0].weights[0].isNaN)
        #expect(table.routes[0].weights[1...] == [0.5, 0.25])
        #expect(table.routes[0].gates[1] == GateReading(confidence: 0.5, margin: 0.25, entropy: 1))
        #expect(table.routes[1].weights.isEmpty)
    }

    @Test func `a prompt may come in pieces`() throws {
        let entries = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (3, 0), (2, 1), (3, 1)].map { token, layer in
            #"{"phase":"prompt","token":\#(token),"id":1,"layer":\#(layer),"experts":[0],"weights":[1]}"#
        }
        let header = TraceSamples.offstage.prefix { $0 != "\n" }
        let table = try folder.read(([String(header)] + entries).joined(separator: "\n"))
        #expect(table.passes.map(\.tokens) == [0..<2, 2..<4])
        #expect(table.texts.count == 1)
    }

    @Test func `columns are found by their names`() throws {
        let table = try folder.read(
            """
            # route_trace v1
            # model=a b c.gguf n_expert=4
            slot,expert,new,layer,step,phase,turn,dropped
            0,2,x,5,0,1,3,0
            1,3,,5,0,1,3,1
            0,1,y,5,0,1,4,0
            """)
        #expect(table.model == "a b c.gguf")
        #expect(table.choices == [[[2], [1]]])
        #expect(table.layers.map(\.name) == ["5"])
        #expect(table.texts.count == 2)
        #expect(table.routes[0].dropped == [0, 1])
        #expect(table.topK == 2)
    }

    @Test func `the last layer of a prompt may know only its last token`() throws {
        let pairs = try folder.read("0,1\n0,2\n0,3\n1,0\n0,3\n1,1\n")
        #expect(pairs.topK == 1)
        #expect(pairs.choices == [[[1], [2], [3], [3]], [[], [], [0], [1]]])
        let rows = try folder.read("phase,token,layer,rank,expert\n0,0,0,0,1\n0,1,0,0,2\n0,1,1,0,3\n")
        #expect(rows.choices == [[[1], [2]], [[], [3]]])
    }

    @Test func `what Megatron tells twice counts once`() throws {
        let records = ["pre_dispatch", "post_dispatch"].map {
            #"{"step":0,"stage":"\#($0)","layer":0,"topk":1,"top_indices":[[1]]}"#
        }
        let table = try folder.read(records.joined(separator: "\n"))
        #expect(table.choices == [[[1]]])
        #expect(table.remarks.contains("Only records of the stage pre_dispatch are read."))
    }

    @Test func `steps in which a rank of Megatron has no tokens are left out`() throws {
        let record = { (step: Int, rows: String) in
            #"{"step":\#(step),"layer":0,"num_tokens":\#(rows == "[]" ? 0 : 1),"topk":1,"top_indices":\#(rows)}"#
        }
        let records = [record(0, "[]"), record(1, "[[1]]"), record(1, "[]"), record(2, "[]"), record(3, "[[2]]")]
        let table = try folder.read(records.joined(separator: "\n"))
        #expect(table.choices == [[[1], [2]]])
        #expect(table.passes.map(\.position) == [0, 1])
    }

    @Test func `layers of multi-token prediction have names of their own`() throws {
        let record = #"{"step":0,"stage":"s","block":"mtp","mtp_idx":0,"layer":1,"topk":1,"top_indices":[[2]]}"#
        let table = try folder.read(#"{"step":0,"stage":"s","layer":9,"topk":1,"top_indices":[[1]]}"# + "\n" + record)
        #expect(table.layers.map(\.name) == ["9", "mtp 0.1"])
        #expect(table.tokenCount == 1)
    }

    @Test func `several files are several texts, of Megatron several ranks`() throws {
        let (one, other) = (try folder.write(TraceSamples.megatron.utf8, to: "a"), folder.file("b"))
        try folder.write(TraceSamples.megatron.replacing("[3, 0]", with: "[0, 3]").utf8, to: "b")
        var bytes: [Int] = []
        let table = try TraceFile.read([one, other], onProgress: { bytes += [$0, $1] }).table
        #expect(table.choices[0] == [[3, 0], [1, 2], [2, 3], [0, 3], [1, 2], [2, 3]])
        #expect(table.texts.map(\.name) == ["a", "b"])
        #expect(table.passes.map(\.text) == [0, 0, 1, 1])
        #expect(bytes.last == 2 * TraceSamples.megatron.utf8.count)
    }

    @Test func `reading can be called off`() throws {
        let path = try folder.write(TraceSamples.pairs.utf8)
        #expect(throws: CancellationError.self) { try TraceFile.read([path], isCancelled: { true }) }
    }

    @Test func `a line may be longer than what is read at once`() throws {
        let tokens = (0..<300_000).map { "[\($0 % 7), 7]" }.joined(separator: ", ")
        let table = try folder.read(#"{"step":0,"stage":"s","layer":0,"topk":2,"top_indices":[\#(tokens)]}"#)
        #expect(table.tokenCount == 300_000)
        #expect(table.load(ofLayer: 0)[7] == 300_000)
    }

    @Test func `numbers of 32 bits come back as they were`() throws {
        var random = SeededRandom(seed: 4)
        let weights = (0..<2000).map { _ in Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000, using: &random)) }
        let entries = weights.enumerated().map { index, weight in
            #"{"phase":"decode","token":\#(index),"id":0,"layer":0,"experts":[0],"weights":[\#(weight)]}"#
        }
        let header = #"{"format":"offstage-trace","version":2,"model":"m","layers":1,"experts":1,"top_k":1}"#
        #expect(try folder.read(([header] + entries).joined(separator: "\n")).routes[0].weights == weights)
    }
}

@Suite struct TraceRemarkTests {
    private let folder = try! TraceFolder()

    @Test func `what a format does not tell is said`() throws {
        let pairs = try folder.read(TraceSamples.pairs).remarks.joined(separator: "\n")
        #expect(pairs.contains("does not say how many experts a token visits; 2 divides"))
        #expect(pairs.contains("4 is the greatest id + 1, say --experts"))
        #expect(pairs.contains("strided view"))
        let said = try folder.read(TraceSamples.pairs, options: TraceOptions(topK: 2, experts: 6))
        #expect(said.experts == 6)
        #expect(!said.remarks.joined().contains("does not say"))
        #expect(try folder.read(TraceSamples.offstage).remarks == [])
        #expect(try folder.read(TraceSamples.routeTrace).remarks == [])
    }

    @Test func `experts in ascending order tell nothing of ranks`() throws {
        func records(_ row: String) -> String {
            (0..<9).map { #"{"step":\#($0),"stage":"s","layer":0,"topk":2,"top_indices":[\#(row)]}"# }
                .joined(separator: "\n")
        }
        #expect(try folder.read(records("[1,2]")).remarks.joined().contains("ranks are likely not known"))
        #expect(try !folder.read(records("[2,1]")).remarks.joined().contains("ranks"))
    }

    @Test func `an expert that comes up twice in a prompt counts once`() throws {
        let table = try folder.read("0,1\n0,1\n0,2\n0,3\n1,0\n1,3\n0,0\n0,2\n1,0\n1,2\n")
        #expect(table.choices == [[[1], [2, 3], [0, 2]], [[], [0, 3], [0, 2]]])
        #expect(table.remarks.joined().contains("the same expert twice: 1."))
    }
}
