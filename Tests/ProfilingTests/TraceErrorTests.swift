import Foundation
import Profiling
import Testing

@Suite struct TraceErrorTests {
    private let folder = try! TraceFolder()

    @Test(arguments: TraceSamples.all)
    func `an end that was cut off is told, and left out if one likes`(text: String) throws {
        let cut = String(text.dropLast(5))
        let lines = cut.count { $0 == "\n" } + 1
        let complaint = try folder.complaint(about: cut)
        #expect(complaint.hasPrefix("t, line \(lines): "), "\(complaint)")
        #expect(complaint.contains("--partial"))
        let table = try folder.read(cut, options: TraceOptions(topK: 2, allowsPartial: true))
        #expect(table.tokenCount == 3)
        #expect(table.routes[0].experts == [3, 0, 1, 2, 2, 3])
        #expect(table.remarks.contains { $0.contains("cut off") })
    }

    @Test func `what is no trace is named as what it is`() throws {
        #expect(try folder.complaint(about: "") == "t is empty")
        #expect(try folder.complaint(about: "\n \n") == "t is empty")
        #expect(folder.complaint(aboutFile: folder.path).contains("is a folder; give the trace files in it"))
        #expect(folder.complaint(aboutFile: folder.file("nope")).hasSuffix("nope: No such file or directory"))
        #expect(
            try folder.complaint(about: "Once upon a time\n").contains(
                "line 1: tried to recognize a routing trace and found \"Once upon a time\""))
        #expect(try folder.complaint(about: "0,1\n0\u{0},1\n").contains("t, line 2: found a byte 0x0"))
        let gzip = try folder.write([0x1F, 0x8B, 8, 0], to: "t.gz")
        #expect(folder.complaint(aboutFile: gzip) == "t.gz is compressed; gunzip it first")
        let garbage = try folder.write((0..<2000).map { UInt8($0 * 37 % 255 + 1) })
        #expect(folder.complaint(aboutFile: garbage).contains("found the byte 0x1;"))
    }

    @Test func `more experts than a model has are refused, however few lines speak of them`() throws {
        func trace(layers: Int) -> String {
            let header =
                #"{"format":"offstage-trace","version":1,"model":"m","layers":LAYERS,"experts":65535,"top_k":1}"#
            let entries = (0..<layers).map {
                #"{"phase":"decode","token":0,"id":1,"layer":\#($0),"experts":[7],"weights":[1]}"#
            }
            return ([header.replacing("LAYERS", with: "\(layers)")] + entries).joined(separator: "\n") + "\n"
        }
        #expect(try folder.read(trace(layers: 16)).layers.count == 16)
        #expect(
            try folder.complaint(about: trace(layers: 17))
                == "t speaks of 17 layers of 65535 experts; no model has more than 1,048,576 in all")
    }

    @Test(arguments: [
        (
            #""model":"m","experts":8,"top_k":2"#,
            "the header has no \"layers\", which should be a number from 1 to 4096"
        ),
        (#""model":"m","layers":0,"experts":8,"top_k":2"#, "the header's \"layers\" is 0; it can be 1 to 4096"),
        (#""model":"m","layers":"2","experts":8,"top_k":2"#, "the header has no \"layers\", which should be a number"),
        (
            #""model":"m","layers":2,"top_k":2"#,
            "the header has no \"experts\", which should be a number from 1 to 65535"
        ),
        (#""model":"m","layers":2,"experts":8"#, "the header has no \"top_k\""),
        (
            #""model":"m","layers":2,"experts":8,"top_k":9"#,
            "the header's \"top_k\" is 9; it can be 1 to 8, the 8 experts"
        ),
        (#""layers":2,"experts":8,"top_k":2"#, "the header has no \"model\""),
        (#""model":"m","layers":2,"experts":8,"top_k":2,"expert_bytes":[1]"#, "a size for each of 2 layers, and has 1"),
    ])
    func `a header says what is missing, or cannot be`(fields: String, reason: String) throws {
        let text = #"{"format":"offstage-trace","version":2,\#(fields)}"# + "\n"
        let complaint = try folder.complaint(about: text)
        #expect(complaint.hasPrefix("t, line 1: ") && complaint.contains(reason), "\(complaint)")
    }

    @Test(arguments: [
        (#""weights":[0.5,null]"#, "the weight is null"), (#""weights":[NaN,1]"#, "where weight should be"),
        (#""gate":{"confidence":null,"margin":0.5}"#, "the confidence is null"),
        (#""gate":{"entropy":null}"#, "the entropy is null"), (#""weights":[0.5,1e999]"#, "no number of 32 bits"),
    ])
    func `numbers that were not finite are refused by line`(field: String, reason: String) throws {
        let lines = TraceSamples.offstage.split(separator: "\n").map(String.init)
        let odd = #"{"phase":"prompt","token":1,"id":8,"layer":0,"experts":[1,2],\#(field)}"#
        let complaint = try folder.complaint(
            about: (lines.prefix(2) + [odd] + lines.dropFirst(3)).joined(separator: "\n"))
        #expect(complaint.hasPrefix("t, line 3: ") && complaint.contains(reason), "\(complaint)")
    }

    @Test func `a token cannot visit more experts than there are said to be`() throws {
        let nine = TraceSamples.megatron.replacing("\"topk\": 2", with: "\"topk\": 9")
        #expect(
            try folder.complaint(about: nine, options: TraceOptions(experts: 8))
                == "t says that a token visits 9 experts, but --experts that there are only 8")
    }

    @Test func `a line without an end is given up`() throws {
        let path = try folder.write(repeatElement(UInt8(ascii: "1"), count: 66 << 20))
        let complaint = folder.complaint(aboutFile: path, options: TraceOptions(format: .llamaCpp))
        #expect(complaint == "t, line 1: this line is longer than 64 MiB, so this is no trace")
    }

    @Test func `next to nothing about very many tokens is no trace`() throws {
        let records = (0..<9000).map {
            #"{"step":\#($0),"stage":"s","layer":\#($0 % 4096),"topk":1,"top_indices":[[1]]}"#
        }
        #expect(try folder.complaint(about: records.joined(separator: "\n")).contains("next to none visits an expert"))
        let pairs = (0..<9000).map { "\((4096 - $0 % 4096) % 4096),1" }
        let complaint = try folder.complaint(about: pairs.joined(separator: "\n"), options: TraceOptions(topK: 1))
        #expect(complaint.contains("differ too much") || complaint.contains("next to none visits an expert"))
    }

    @Test func `what the person says of a trace has to be true`() throws {
        let (five, three) = (TraceOptions(topK: 5), TraceOptions(experts: 3))
        #expect(
            try folder.complaint(about: TraceSamples.offstage, options: three)
                == "t says 4 where --experts says 3; leave --experts out")
        #expect(
            try folder.complaint(about: TraceSamples.routeTrace, options: five)
                == "t says 2 where --top-k says 5; leave --top-k out")
        #expect(try folder.complaint(about: TraceSamples.megatron, options: five).contains("where --top-k says 5"))
        #expect(
            try folder.complaint(about: TraceSamples.megatron, options: three).hasPrefix(
                "t, line 1: there is no expert 3"))
        #expect(
            try folder.complaint(about: TraceSamples.pairs, options: five).hasPrefix("t, line 5: the 4 rows of layer 0")
        )
        #expect(
            try folder.complaint(about: TraceSamples.pairs, options: three).hasPrefix(
                "t, line 1: the expert is 3; it can be 0 to 2"))
        #expect(
            try folder.complaint(about: TraceSamples.columns, options: three).contains(
                "visits expert 3, but --experts says"))
        let megatron = TraceOptions(format: .megatron)
        #expect(
            try folder.complaint(about: TraceSamples.pairs, options: megatron).hasPrefix("t, line 1: found \"0,3\""))
    }

    @Test func `files that do not belong together are named`() throws {
        func complaint(_ one: String, _ other: String) throws -> String {
            let paths = [try folder.write(one.utf8, to: "a"), try folder.write(other.utf8, to: "b")]
            do {
                _ = try TraceFile.read(paths)
                return "no complaint"
            } catch { return "\(error)".replacing(folder.path + "/", with: "") }
        }
        let ours = TraceSamples.offstage
        #expect(
            try complaint(ours, TraceSamples.pairs)
                == "b is a trace of another form (llama-cpp) than a (offstage); convert one of them")
        #expect(
            try complaint(ours, ours.replacing(#""experts":4"#, with: #""experts":5"#))
                == "b is of a model with 2 layers of 5 experts, 2 of them used, but a of one with 2 layers of 4 experts, 2 of them "
                + "used; profile them one by one")
        let rows = TraceSamples.routeTrace
        #expect(
            try complaint(rows, rows.replacing("n_expert=4", with: "n_expert=5")).hasPrefix(
                "b is of a model with 2 layers, 5 exp"))
        #expect(
            try complaint(TraceSamples.megatron, TraceSamples.megatron.replacing("\"topk\": 2", with: "\"topk\": 3"))
                .hasPrefix("b, line 1: the topk is 3, but 2 in a before"))
        #expect(
            try complaint(TraceSamples.pairs, "0,1\n1,2\n0,1\n").hasPrefix("b has 1 experts for each token, but a 2"))
    }
}
