import Foundation
import Profiling
import Testing

@Suite struct RoutingTraceTests {
    private let header = RoutingTraceHeader(model: "tiny", layers: 2, experts: 4, topK: 2)
    private let visit = RoutingTraceEntry(
        phase: .decode, token: 7, id: 42, layer: 1, experts: [3, 0], weights: [0.75, 0.25])

    @Test func `a trace that was written is read back`() throws {
        let path = NSTemporaryDirectory() + "trace-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try RoutingTraceWriter(path: path, header: header)
        try writer.record(visit)
        try writer.finish()
        let trace = try RoutingTrace(contentsOf: path)
        #expect(trace.header == header)
        #expect(trace.entries == [visit])
    }

    @Test func `the first line says what the file is`() throws {
        let text = #"{"experts":4,"format":"offstage-trace","layers":2,"model":"tiny","top_k":2,"version":1}"#
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
