import Mixture
import Tensors
import Testing

@Suite struct PlannerTests {
    private func call(layer: Int = 0, _ visits: [Int] = [4, 2, 1, 1]) -> LayerCall {
        LayerCall(layer: layer, phase: .prompt, tokens: 4, experts: 4, visits: visits)
    }

    /// Plays calls of which each strategy takes its own time.
    private func play(_ planner: Planner, _ call: LayerCall, _ times: Int, _ seconds: [String: Double]) -> [String] {
        (0..<times).map { _ in
            let decision = planner.decide(call)
            let name = decision.strategy.name.description
            planner.record(call, decision, seconds: seconds[name]!)
            return name
        }
    }

    private let seconds = ["rows": 3e-3, "tiles": 2e-3, "experts": 1e-3, "tokens": 4e-3]

    @Test func `it tries all, and stays with the fastest`() {
        let planner = Planner(.automatic, threads: 2)
        let taken = play(planner, call(), 60, seconds)
        #expect(Set(taken.prefix(12)) == ["rows", "tiles", "experts", "tokens"])
        #expect(taken.suffix(30).allSatisfy { $0 == "experts" })
    }

    @Test func `it begins with what is predicted to be fastest, and leaves out what is hopeless`() {
        let planner = Planner(.automatic, threads: 2)
        planner.knowledge.prediction = { _, strategy in
            ["rows": 1.2e-3, "tiles": 1e-3, "experts": 1.1e-3, "tokens": 5e-3][strategy.name.description]
        }
        let taken = play(planner, call(), 50, seconds)
        #expect(taken[0] == "tiles")
        #expect(!taken.contains("tokens"))
        #expect(taken.suffix(20).allSatisfy { $0 == "experts" })
    }

    @Test func `what one layer learned is the next one's beginning, but not another shape's`() {
        let planner = Planner(.automatic, threads: 2)
        planner.knowledge.shape = { $0.layer == 2 ? 1 : 0 }
        _ = play(planner, call(layer: 0), 60, seconds)
        #expect(play(planner, call(layer: 1), 5, seconds).allSatisfy { $0 == "experts" })
        #expect(Set(play(planner, call(layer: 2), 12, seconds)).count == 4)
        // Nor another kind of load's.
        #expect(Set(play(planner, call(layer: 1, [32, 1, 1, 1]), 12, seconds)).count == 4)
    }

    @Test func `what was learned can be kept`() {
        let first = Planner(.automatic, threads: 2)
        _ = play(first, call(), 60, seconds)
        let second = Planner(.automatic, threads: 2)
        second.adopt(first.learned(shape: 0), shape: 0)
        #expect(play(second, call(layer: 5), 5, seconds).allSatisfy { $0 == "experts" })
        // On more threads there are other strategies.
        let third = Planner(.automatic, threads: 4)
        third.adopt(first.learned(shape: 0), shape: 0)
        #expect(third.learned(shape: 0).entries.isEmpty)
    }

    @Test func `a fixed choice is taken, and its layers explained`() throws {
        let planner = Planner(.fixed(.rows), threads: 2)
        #expect(Set(play(planner, call(layer: 3), 4, seconds)) == ["rows"])
        let decision = planner.decide(call(layer: 4))
        #expect(decision.strategy.name == .rows)
        let lines = planner.explanation().lines
        #expect(lines.count == 2)
        #expect(lines[0] == "layer 3, 4 tokens, imbalance 2.0: rows, predicted nothing, measured 3.00 ms")
        #expect(lines[1].hasPrefix("layer 4, 4 tokens, imbalance 2.0: rows, predicted nothing, measured nothing"))
    }

    @Test func `a line names what was chosen, predicted and measured`() {
        let planner = Planner(.automatic, threads: 2)
        planner.knowledge.prediction = { _, strategy in strategy.name == .tokens ? 9e-3 : 1.1e-3 }
        _ = play(planner, call(), 60, seconds)
        #expect(
            planner.explanation().lines == [
                "layer 0, 4 tokens, imbalance 2.0: experts, predicted 1.10 ms, measured 1.00 ms; rows 3.00; tiles 2.00; tokens (9.00)"
            ])
    }

    @Test(arguments: [
        ([1], [1], true), ([1, 1], [1, 1, 1, 1], false), ([5, 5], [7, 7], true), ([5, 5], [9, 1], false),
    ]) func `loads of one kind are alike in experts and imbalance`(a: [Int], b: [Int], areAlike: Bool) {
        #expect((LoadKey(call(a)) == LoadKey(call(b))) == areAlike)
    }

    @Test func `switching strategies reads and copies no weights`() throws {
        let layout = try #require(
            ExpertLayout(
                ExpertShape(hiddenSize: 64, intermediateSize: 96, gateFormat: .q8_0, upFormat: .q8_0, downFormat: .q8_0)
            ))
        let source = CountingExperts(TrialExperts(layout, bytes: 1 << 20))
        let workers = Workers(count: 2)
        let sizes = Execution.Sizes(
            hiddenSize: 64, intermediateSize: 96, tokens: 8, visitsPerToken: 2, threads: 2, hasFloats: false)
        let planner = Planner(.automatic, threads: 2)
        let execution = Execution(sizes, planner: planner, workers: workers)
        var tokens = Activations(rows: 8, columns: 64)
        tokens.use(rows: 8, for: [.q8_0])
        var hidden = Matrix(rows: 8, columns: 64)
        let assignment = LoadSweep(experts: 4, expertsPerToken: 2, seed: 1).assignment(tokens: 8, skew: 0)
        for _ in 0..<24 {
            try execution.run(assignment, on: tokens, from: source, layer: 0, phase: .prompt, addingTo: &hidden)
        }
        let tried = try #require(planner.explanation().first).strategies.filter { $0.calls > 0 }
        #expect(tried.count > 1)
        // Every call leases the visited experts once, whatever the strategy, and multiplies what lies where it always lay.
        #expect(source.leases == 24 * assignment.visitedExperts.count)
        let memory = source.memory
        #expect(source.places.allSatisfy { memory.contains($0) })
    }
}

/// Counts what is leased, and where it lies.
private final class CountingExperts: ExpertSource, @unchecked Sendable {  // One test's own.
    private let experts: TrialExperts
    private(set) var leases = 0
    private(set) var places = Set<Int>()

    init(_ experts: TrialExperts) { self.experts = experts }

    /// Where all weights lie.
    var memory: Range<Int> {
        experts.lendMemory { memory in
            let start = Int(bitPattern: memory.baseAddress)
            return start..<start + memory.count
        }
    }

    func layout(layer: Int) -> ExpertLayout { experts.layout(layer: layer) }

    func lease(_ wanted: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]) {
        experts.lease(wanted, layer: layer, tokens: tokens, into: &leases)
        self.leases += leases.count
        for lease in leases {
            if let tile = try? lease.down(tile: layout(layer: layer).gateAndUpTiles) { places.insert(tile.address) }
        }
    }

    func prefetch(_ experts: [Int], layer: Int) {}
}
