import Foundation
import Profiling
import Testing

@Suite struct TraceWriteTests {
    private let folder = try! TraceFolder()

    /// All that a table can hold: two texts, a prompt of three tokens and one token written, a token without visits,
    /// weights and gates that are not known, dropped choices.
    private static let table: RoutingTable = {
        var builder = RoutingTableBuilder(model: "a \"model\"", experts: 8, topK: 2)
        let layers = [builder.layer(named: "1", expertBytes: 100), builder.layer(named: "3")]
        let gate = GateReading(confidence: 0.7, margin: 0.1, entropy: 1e-9)
        var taken: [Bool] = []
        for text in 0..<2 {
            builder.beginText(.init(name: text == 0 ? "one\n\"two\"" : nil, domain: text == 0 ? nil : "verse"))
            let first = builder.tokenCount
            builder.beginPass(.prompt, position: 0, ids: [7, -1, 300])
            for layer in layers {
                taken.append(builder.append(first, layer: layer, experts: [5, 2], weights: [0.1, .nan]))
                taken.append(builder.append(first + 1, layer: layer, experts: [Int](), dropped: [0, 1]))
                taken.append(
                    builder.append(first + 2, layer: layer, experts: [7], weights: [1 / 3], gate: gate, dropped: [0]))
            }
            builder.beginPass(.decode, position: 3, ids: [9])
            for layer in layers {
                taken.append(builder.append(first + 3, layer: layer, experts: [text, 4], weights: [1e-30, 12345.678]))
            }
        }
        precondition(!taken.contains(false))
        return builder.finish()
    }()

    private func roundTrip(_ table: RoutingTable, as format: TraceFormat) throws -> (RoutingTable, losses: [String]) {
        let losses = try table.write(as: format, to: folder.file("out"))
        return (try TraceFile.read([folder.file("out")], options: TraceOptions(experts: table.experts)).table, losses)
    }

    @Test func `our format keeps all but weights that are half known`() throws {
        let (table, losses) = try roundTrip(Self.table, as: .offstage)
        var expected = Self.table.routes.map(\.weights)
        for layer in expected.indices {
            for start in [0, 5] { expected[layer][start] = .nan }
        }
        // In words, since NaN is not NaN.
        #expect("\(table.routes.map(\.weights))" == "\(expected)")
        #expect("\(table.routes.map(\.gates))" == "\(Self.table.routes.map(\.gates))")
        #expect(table.choices == Self.table.choices && table.routes.map(\.drops) == Self.table.routes.map(\.drops))
        #expect(table.layers == Self.table.layers && table.passes == Self.table.passes)
        #expect(table.texts == Self.table.texts && table.ids == Self.table.ids && table.model == Self.table.model)
        #expect(losses == ["The weights of tokens that have one which is not known are left out."])
        let text = try String(contentsOfFile: folder.file("out"), encoding: .utf8)
        #expect(!text.contains("null"))
    }

    @Test func `route-trace keeps all but ids, gates and what texts are called`() throws {
        let (table, losses) = try roundTrip(Self.table, as: .routeTrace)
        #expect("\(table.routes.map(\.weights))" == "\(Self.table.routes.map(\.weights))")
        #expect(table.choices == Self.table.choices)
        #expect(table.routes.map(\.drops) == Self.table.routes.map(\.drops))
        #expect(table.layers == Self.table.layers)
        #expect(table.passes == Self.table.passes)
        #expect(table.model == "a \"model\"")
        #expect(
            losses == [
                "The tokens' ids are left out.", "The names and domains of the texts are left out.",
                "How decided the gates were is left out.",
            ])
    }

    @Test func `llama-cpp keeps who visits whom, and when`() throws {
        let (table, losses) = try roundTrip(Self.table, as: .llamaCpp)
        #expect(table.choices == Self.table.choices)
        #expect(table.passes.map(\.tokens) == Self.table.passes.map(\.tokens))
        #expect(table.passes.map(\.phase) == Self.table.passes.map(\.phase))
        #expect(losses.contains("The weights of the experts are left out."))
        #expect(losses.contains("Choices that were dropped are left out."))
    }

    @Test func `Megatron's format keeps who visits whom`() throws {
        let (table, losses) = try roundTrip(Self.table, as: .megatron)
        #expect(table.choices == Self.table.choices)
        #expect(table.passes.map(\.tokens) == Self.table.passes.map(\.tokens))
        #expect(table.layers.map(\.name) == ["1", "3"])
        #expect(losses.contains("Where a text ends and another begins is left out."))
    }

    @Test func `names of layers that are no numbers survive where there is room for them`() throws {
        let records = [#""block":"decoder","layer":4"#, #""block":"mtp","layer":1,"mtp_idx":0"#].map {
            #"{"step":0,\#($0),"topk":1,"top_indices":[[2]]}"#
        }
        let table = try folder.read(records.joined(separator: "\n"), options: TraceOptions(format: .megatron))
        #expect(try roundTrip(table, as: .megatron).0.layers == table.layers)
        let (numbered, losses) = try roundTrip(table, as: .offstage)
        #expect(numbered.layers.map(\.name) == ["0", "1"])
        #expect(losses == ["Layers are numbered; their names are left out."])
    }

    @Test(arguments: TraceFormat.allCases)
    func `a random table comes back in every format, and written again is the same file`(format: TraceFormat) throws {
        let table = RoutingTable.random(experts: 60, topK: 4, layers: 5, texts: 3, tokensPerText: 40, seed: 3)
        let (copy, _) = try roundTrip(table, as: format)
        #expect(copy.choices == table.choices)
        #expect(copy.topK == 4)
        _ = try copy.write(as: format, to: folder.file("again"))
        let manager = FileManager.default
        #expect(manager.contents(atPath: folder.file("again")) == manager.contents(atPath: folder.file("out")))
    }

    @Test func `a file appears whole or not at all`() throws {
        #expect(throws: CancellationError.self) {
            try Self.table.write(as: .offstage, to: folder.file("out"), isCancelled: { true })
        }
        #expect { try Self.table.write(as: .offstage, to: folder.file("no/out")) } throws: {
            "\($0)".hasSuffix("no/out: No such file or directory")
        }
        #expect { try Self.table.write(as: .offstage, to: folder.path) } throws: { "\($0)".contains("is no file") }
        #expect { try Self.table.write(as: .offstage, to: "/dev/full") } throws: { "\($0)".contains("is no file") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func `a link stays one, and what it leads to is replaced`() throws {
        try folder.write("old".utf8, to: "there")
        try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "there")
        _ = try Self.table.write(as: .offstage, to: folder.file("link"))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link")) == "there")
        #expect(try TraceFile.read([folder.file("there")]).table.tokenCount == 8)
    }

    @Test func `a trace that is recorded takes the place of an old one when it is whole`() throws {
        try folder.write("old".utf8, to: "t")
        let header = RoutingTraceHeader(model: "m", layers: 1, experts: 2, topK: 1)
        let entry = RoutingTraceEntry(phase: .decode, token: 0, id: 1, layer: 0, experts: [1], weights: [.nan])
        do {
            let writer = try RoutingTraceWriter(path: folder.file("t"), header: header)
            try writer.record(entry)
        }
        #expect(try String(contentsOfFile: folder.file("t"), encoding: .utf8) == "old")
        let writer = try RoutingTraceWriter(path: folder.file("t"), header: header)
        try writer.record(entry)
        try writer.finish()
        #expect(try RoutingTrace(contentsOf: folder.file("t")).entries.map(\.weights) == [[]])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["t"])
        // A device is written into as it stands.
        #expect { try RoutingTraceWriter(path: "/dev/full", header: header).finish() } throws: {
            "\($0)".contains("/dev/full: No space left on device; make room")
        }
    }
}
