import Profiling
import Testing

@Suite struct TableRecorderTests {
    private func entry(_ token: Int, layer: Int, expert: Int, _ phase: RoutingTraceEntry.Phase = .prompt)
        -> RoutingTraceEntry
    {
        RoutingTraceEntry(
            phase: phase, token: token, id: 100 + token, layer: layer, experts: [expert], weights: [1],
            gate: GateReading(confidence: 0.5, margin: 0.25, entropy: 1))
    }

    @Test func `a prompt that passes layer by layer, and what is written after it, are passes of their own`() throws {
        let recorder = TableRecorder(model: "m", experts: 4, topK: 1, expertBytes: [10, 20])
        recorder.begin(RoutingTable.Text(name: "first", domain: "verse"))
        for layer in 0..<2 { for token in 0..<3 { try recorder.record(entry(token, layer: layer, expert: token)) } }
        for token in 3..<5 {
            for layer in 0..<2 { try recorder.record(entry(token, layer: layer, expert: 3, .decode)) }
        }
        recorder.begin(RoutingTable.Text(name: "second", domain: "prose"))
        recorder.begin(at: 512)
        for layer in 0..<2 { for token in 0..<2 { try recorder.record(entry(token, layer: layer, expert: 0)) } }
        let table = recorder.finish()
        #expect(table.passes.map(\.tokens) == [0..<3, 3..<4, 4..<5, 5..<7])
        #expect(table.passes.map(\.phase) == [.prompt, .decode, .decode, .prompt])
        #expect(table.passes.map(\.position) == [0, 3, 4, 512])
        #expect(table.texts.map(\.domain) == ["verse", "prose"])
        #expect(table.layers.map(\.expertBytes) == [10, 20])
        #expect(table.ids == [100, 101, 102, 103, 104, 100, 101])
        for routes in table.routes {
            #expect(routes.experts == [0, 1, 2, 3, 3, 0, 0])
            #expect(routes.gates.allSatisfy { $0.margin == 0.25 })
        }
    }

    @Test func `token by token every token passes alone, at its own position`() {
        let table = RoutingTable.sample(experts: 2, topK: 1, routes: [[[0], [1], [0]]], phase: .prompt)
        let alone = table.tokenByToken()
        #expect(alone.passes.map(\.tokens) == [0..<1, 1..<2, 2..<3])
        #expect(alone.passes.map(\.position) == [0, 1, 2])
        #expect(alone.routes == table.routes)
    }
}
