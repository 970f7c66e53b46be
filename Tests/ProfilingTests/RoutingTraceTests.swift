import Foundation
import Profiling
import Testing

@Suite struct RoutingTraceTests {
    private let header = RoutingTraceHeader(model: "tiny", layers: 2, experts: 4, topK: 2)
    private let visit = RoutingTraceEntry(
        phase: .decode, token: 7, id: 42, layer: 1, experts: [3, 0], weights: [0.75, 0.25])

    private let reading = RoutingTraceEntry(
        phase: .prompt, token: 8, id: -1, layer: 0, experts: [1], weights: [],
        gate: GateReading(confidence: 0.1, margin: 1e-7, entropy: 1.25), dropped: [0, 3])

    @Test func `a trace that was written is read back`() throws {
        let path = NSTemporaryDirectory() + "trace-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try RoutingTraceWriter(path: path, header: header)
        try writer.beginText(RoutingTraceText(name: "a \"text\"", domain: "verse"))
        try writer.record(visit)
        try writer.record(reading)
        try writer.finish()
        let trace = try RoutingTrace(contentsOf: path)
        #expect(trace.header == header)
        #expect(trace.entries == [visit, reading])
    }

    @Test func `its lines are JSON as a decoder expects it`() throws {
        let path = NSTemporaryDirectory() + "trace-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try RoutingTraceWriter(path: path, header: header)
        for entry in [visit, reading] { try writer.record(entry) }
        try writer.finish()
        let lines = try Data(contentsOf: URL(fileURLWithPath: path)).split(separator: 0x0A)
        let decoder = JSONDecoder()
        #expect(try decoder.decode(RoutingTraceHeader.self, from: lines[0]) == header)
        let entries = try lines.dropFirst().map { try decoder.decode(RoutingTraceEntry.self, from: $0) }
        #expect(entries == [visit, reading])
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(try encoder.encode(visit) == lines[1])
    }

    @Test func `a trace of version 1 can still be read`() throws {
        let text = #"{"experts":4,"format":"offstage-trace","layers":2,"model":"tiny","top_k":2,"version":1}"#
        #expect(try RoutingTrace(Data(text.utf8), name: "t").header.version == 1)
    }

    @Test func `what a gate without finite scores left is not known`() throws {
        let line =
            #"{"phase":"prompt","token":0,"id":1,"layer":0,"experts":[1],"gate":{"confidence":null,"margin":0.5}}"#
        let gate = try #require(try JSONDecoder().decode(RoutingTraceEntry.self, from: Data(line.utf8)).gate)
        #expect(gate.confidence.isNaN && gate.margin == 0.5 && gate.entropy.isNaN)
    }

    @Test func `the first line says what the file is`() throws {
        let text = #"{"experts":4,"format":"offstage-trace","layers":2,"model":"tiny","top_k":2,"version":2}"#
        #expect(try RoutingTrace(Data(text.utf8), name: "t").header == header)
    }

    @Test(arguments: [
        ("", "its first line should be the header"),
        ("{}", "its first line should be the header"),
        (#"{"experts":4,"format":"offstage-trace","layers":2,"model":"tiny","top_k":2,"version":9}"#, "version 9"),
    ])
    func `a file that is no trace is named`(text: String, reason: String) {
        #expect { try RoutingTrace(Data(text.utf8), name: "t") } throws: {
            "\($0)".contains(reason) && "\($0)".hasPrefix("t ")
        }
    }

    @Test(arguments: [
        #"{"phase":"prompt","token":0,"id":1,"layer":2,"experts":[0],"weights":[1]}"#,
        #"{"phase":"prompt","token":0,"id":1,"layer":0,"experts":[4],"weights":[1]}"#,
        #"{"phase":"prompt","token":0,"id":1,"layer":0,"experts":[1],"weights":[]}"#,
        #"{"phase":"prompt","token":-1,"id":1,"layer":0,"experts":[1],"weights":[1]}"#,
        "half a li",
    ])
    func `a line the header does not allow is named by number`(line: String) throws {
        let text = String(decoding: try JSONEncoder().encode(header), as: UTF8.self) + "\n" + line
        #expect { try RoutingTrace(Data(text.utf8), name: "t") } throws: { "\($0)".contains("t, line 2") }
    }
}
