import Foundation
import Mixture
import Profiling
import Testing

@Suite struct RecordedLoadsTests {
    /// A prompt of three tokens and two that were written, through two layers of four experts.
    private func table(layers names: [String] = ["0", "1"]) -> RoutingTable {
        var builder = RoutingTableBuilder(model: "tiny", experts: 4, topK: 2)
        let layers = names.map { builder.layer(named: $0) }
        func add(_ first: Int, _ routes: [[[Int]]], to builder: inout RoutingTableBuilder) {
            for (layer, tokens) in zip(layers, routes) {
                for (offset, experts) in tokens.enumerated() where !experts.isEmpty {
                    let isTaken = builder.append(first + offset, layer: layer, experts: experts)
                    #expect(isTaken)
                }
            }
        }
        builder.beginPass(.prompt, position: 0, ids: [5, 6, 7])
        add(0, [[[3, 0], [0, 1], [3, 0]], [[1, 2], [2, 1], [1, 0]]], to: &builder)
        builder.beginPass(.decode, position: 3, ids: [8])
        add(3, [[[2, 1]], [[0, 3]]], to: &builder)
        builder.beginPass(.decode, position: 4, ids: [9])
        add(4, [[[3, 2]], [[]]], to: &builder)
        return builder.finish()
    }

    private func call(_ layer: Int, _ phase: LayerCall.Phase, _ tokens: Int, _ visits: [Int]) -> LayerCall {
        LayerCall(layer: layer, phase: phase, tokens: tokens, experts: 4, visits: visits)
    }

    private func complaint(_ body: () throws -> RecordedLoads) -> String {
        do { return "no complaint, but \(try body().loads)" } catch { return "\(error)" }
    }

    @Test func `tokens that passed together are one load, and like loads are one`() throws {
        let recorded = try RecordedLoads(table())
        #expect(recorded.model == "tiny")
        let expected: [RecordedLoads.Load] = [
            RecordedLoads.Load(call: call(0, .prompt, 3, [3, 1, 2]), count: 1),
            RecordedLoads.Load(call: call(1, .prompt, 3, [1, 3, 2]), count: 1),
            RecordedLoads.Load(call: call(0, .decode, 1, [1, 1]), count: 2),
            RecordedLoads.Load(call: call(1, .decode, 1, [1, 1]), count: 1),
        ]
        #expect(recorded.loads == expected)
        #expect(recorded.order == [0, 1, 2, 3, 2])
        #expect(recorded.calls.map(\.layer) == [0, 1, 0, 1, 0])
    }

    @Test func `prompts are cut into batches`() throws {
        let recorded = try RecordedLoads(table(), batch: 2)
        let expected: [LayerCall] = [
            call(0, .prompt, 2, [2, 1, 1]), call(1, .prompt, 2, [2, 2]), call(0, .prompt, 1, [1, 1]),
            call(1, .prompt, 1, [1, 1]), call(0, .decode, 1, [1, 1]), call(1, .decode, 1, [1, 1]),
            call(0, .decode, 1, [1, 1]),
        ]
        #expect(Array(recorded.calls) == expected)
        #expect(try RecordedLoads(table(), batch: 3).order == RecordedLoads(table(), batch: .max).order)
        #expect(complaint { try RecordedLoads(table(), batch: 0) } == "A batch of 0 tokens: there must be at least 1.")
    }

    @Test func `layers keep their numbers, and have their places where they are named`() throws {
        #expect(try RecordedLoads(table(layers: ["7", "3"])).calls.prefix(2).map(\.layer) == [3, 7])
        #expect(try RecordedLoads(table(layers: ["7", "mtp"])).calls.prefix(2).map(\.layer) == [0, 1])
    }

    @Test func `the loads of a trace add up to its visits, pass by pass`() throws {
        let workload = try Workload(.hotSet, experts: 16, topK: 3, tokens: 40, steps: 5, seed: 9)
        var builder = RoutingTableBuilder(model: "random", experts: 16, topK: 3)
        let layer = builder.layer(named: "0")
        for step in workload.allSteps {
            let first = builder.tokenCount
            builder.beginPass(.prompt, position: 0, ids: [Int32](repeating: -1, count: step.tokens))
            for token in 0..<step.tokens {
                let isTaken = builder.append(
                    first + token, layer: layer, experts: step.experts(of: token).map(Int.init))
                #expect(isTaken)
            }
        }
        let recorded = try RecordedLoads(builder.finish())
        #expect(recorded.calls.map { $0 } == workload.allSteps.map { $0.call(phase: .prompt) })
        #expect(recorded.loads.reduce(0) { $0 + $1.count * $1.call.totalVisits } == 5 * 40 * 3)
    }

    @Test func `a trace is read as it is for a profile, and one without loads is refused`() throws {
        let folder = URL.temporaryDirectory.appending(path: "loads-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func recorded(_ text: String) throws -> RecordedLoads {
            let file = folder.appending(path: "trace").path
            try Data(text.utf8).write(to: URL(filePath: file))
            return try RecordedLoads(tracesAt: [file])
        }
        let header = """
            {"experts":4,"format":"offstage-trace","layers":2,"model":"tiny","top_k":2,"version":1}

            """
        let token = """
            {"experts":[3,0],"id":7,"layer":1,"phase":"prompt","token":0,"weights":[0.75,0.25]}

            """
        #expect(
            try recorded(header + token).loads == [RecordedLoads.Load(call: call(1, .prompt, 1, [1, 1]), count: 1)])
        #expect(complaint { try recorded("") }.hasSuffix("trace is empty"))
        #expect(complaint { try recorded(header) }.hasSuffix("trace holds a header and no routes"))
        #expect(complaint { try RecordedLoads(tracesAt: [folder.path + "/none"]) }.contains("none"))
    }
}
