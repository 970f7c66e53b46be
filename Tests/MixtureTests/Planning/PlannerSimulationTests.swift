import Mixture
import Profiling
import Testing

@Suite struct PlannerSimulationTests {
    @Test func `totals add up`() {
        let call = LayerCall(layer: 0, phase: .decode, tokens: 1, experts: 8, visits: [1, 1])
        let costs: [StrategyName: Double] = [.rows: 3, .tiles: 1, .experts: 2]
        let planner = Planner(.automatic, threads: 2)
        #expect(planner.names == [.rows, .tiles, .experts, .tokens])
        let result = PlannerSimulation(noise: .none, warmUp: 60).run(
            Array(repeating: call, count: 100), on: planner
        ) { _, _, name in costs[name] }
        #expect(result.all.calls == 100 && result.afterWarmUp.calls == 40)
        #expect(result.all.oracleSeconds == 100 && result.afterWarmUp.oracleSeconds == 40)
        #expect(result.fixedSeconds.map(\.seconds) == [300, 100, 200, nil])
        #expect(result.bestFixed?.name == .tiles && result.bestFixed?.seconds == 100)
        let taken = result.taken
        #expect(taken.values.reduce(0, +) == 100)
        // What cannot be done as planned is done by tiles.
        let seconds = 3 * taken[.rows, default: 0] + 2 * taken[.experts, default: 0]
        #expect(result.all.seconds == Double(seconds + taken[.tiles, default: 0] + taken[.tokens, default: 0]))
        #expect(result.all.regret == result.all.seconds / 100 - 1)
        #expect(result.settled == [LoadKey(call): .tiles])
        #expect(result.switches >= 3)
    }

    @Test func `recorded loads are simulated as their calls are, with each looked at once`() throws {
        var builder = RoutingTableBuilder(model: "tiny", experts: 4, topK: 2)
        let layer = builder.layer(named: "5")
        for token in 0..<200 {
            builder.beginPass(.decode, position: token, ids: [-1])
            let isTaken = builder.append(token, layer: layer, experts: token % 3 == 0 ? [1, 2] : [3])
            #expect(isTaken)
        }
        let recorded = try RecordedLoads(builder.finish())
        var asked = 0
        let simulation = PlannerSimulation(seed: 3)
        func cost(_ call: LayerCall, _ name: StrategyName) -> Double? {
            name == .tokens ? nil : Double(call.visits.count * name.description.count)
        }
        let result = simulation.run(recorded, on: Planner(.automatic, threads: 4)) { call, name in
            asked += 1
            return cost(call, name)
        }
        let direct = simulation.run(recorded.calls, on: Planner(.automatic, threads: 4)) { cost($1, $2) }
        #expect(asked == 2 * StrategyName.all(threads: 4).count)
        #expect(result.all == direct.all && result.taken == direct.taken && result.settled == direct.settled)
        #expect(result.all.oracleSeconds == Double(4 * (67 * 2 + 133)))
    }

    @Test func `one strategy alone has nothing to choose`() {
        let call = LayerCall(layer: 0, phase: .decode, tokens: 1, experts: 8, visits: [1, 1])
        let result = PlannerSimulation().run(
            Array(repeating: call, count: 10), on: Planner(.fixed(.rows), threads: 2)
        ) { number, _, _ in Double(number) }
        #expect(result.all.seconds == 45 && result.all.regret == 0 && result.switches == 0)
        #expect(result.afterWarmUp.calls == 0 && result.afterWarmUp.seconds == 0)
    }

    @Test func `a seed makes the same simulation`() {
        func result(_ seed: UInt64) -> PlannerSimulation.Result {
            let call = LayerCall(layer: 0, phase: .decode, tokens: 1, experts: 8, visits: [1, 1])
            return PlannerSimulation(noise: PlannerSimulation.Noise(deviation: 0.3), seed: seed).run(
                Array(repeating: call, count: 300), on: Planner(.automatic, threads: 8)
            ) { _, _, name in name == .tiles ? 1 : 1.1 }
        }
        #expect(result(1).all == result(1).all && result(1).taken == result(1).taken)
        #expect(result(1).taken != result(2).taken)
    }

    /// What the planner is told of costs before it has seen any.
    enum Prediction: CaseIterable { case none, right, wrong }

    @Test(arguments: Prediction.allCases) func `a planner finds what is best for each load while loads change`(
        prediction: Prediction
    ) throws {
        let machine = PretendedMachine()
        let planner = Planner(.automatic, threads: PretendedMachine.threads)
        planner.knowledge.prediction = { call, strategy in
            let seconds = machine.seconds(call, strategy.name)
            return switch prediction {
            case .none: nil
            case .right: seconds
            case .wrong: strategy.name == .tiles ? seconds.map { 2 * $0 } : seconds
            }
        }
        let result = PlannerSimulation(seed: 5).run(try PretendedMachine.changingCalls(), on: planner) {
            _, call, name in
            machine.seconds(call, name)
        }
        #expect(result.all.calls == 7200 && result.afterWarmUp.calls == 6800)
        #expect(result.afterWarmUp.regret <= 0.02, "\(result.afterWarmUp.regret)")
        #expect(result.all.regret <= 0.03, "\(result.all.regret)")
        // Whoever stays with one strategy loses more than a tenth.
        let fixed = try #require(result.bestFixed)
        #expect(fixed.seconds > 1.1 * result.all.oracleSeconds)
        #expect(result.all.seconds < 0.95 * fixed.seconds)
    }

    @Test func `each kind of load gets the strategy that is best for it`() throws {
        let machine = PretendedMachine()
        let planner = machine.planner
        let result = PlannerSimulation(seed: 5).run(try PretendedMachine.changingCalls(), on: planner) {
            _, call, name in
            machine.seconds(call, name)
        }
        let prompts = try PretendedMachine.kinds.map { try PretendedMachine.prompt($0) }
        for call in prompts + [PretendedMachine.token] {
            let settled = try #require(result.settled[LoadKey(call)].flatMap { machine.seconds(call, $0) })
            let best = try #require(planner.names.compactMap { machine.seconds(call, $0) }.min())
            #expect(settled <= 1.02 * best, "\(call)")
        }
        // A hot expert by pairs of threads, beside which others do the rest; for the others that would be the wrong thing.
        let (balanced, hotExpert, hotSet) = (prompts[0], prompts[1], prompts[2])
        #expect(result.settled[LoadKey(hotExpert)] == .groups(2))
        #expect(result.settled[LoadKey(hotSet)] == .tiles && result.settled[LoadKey(PretendedMachine.token)] == .tiles)
        let settled = result.settled[LoadKey(balanced)]
        #expect(settled == .experts || settled == .tiles)
    }

    @Test func `costs that change half-way are noticed within some hundred calls`() throws {
        let machine = PretendedMachine()
        let call = PretendedMachine.token
        func settled(after calls: Int, _ factor: @escaping (Int, StrategyName) -> Double) -> StrategyName? {
            let planner = machine.planner
            let result = PlannerSimulation().run(Array(repeating: call, count: calls), on: planner) {
                number, call, name in
                machine.seconds(call, name).map { $0 * factor(number, name) }
            }
            return result.settled[LoadKey(call)]
        }
        let names = StrategyName.all(threads: PretendedMachine.threads)
        let ranking = names.sorted { machine.seconds(call, $0)! < machine.seconds(call, $1)! }
        let best = ranking[0]
        // The best becomes slow: what was second is taken at once.
        let slow = settled(after: 2100) { number, name in number >= 2000 && name == best ? 2 : 1 }
        #expect(slow == ranking[1])
        // Any other becomes the best.
        for name in ranking.dropFirst() {
            let factor = machine.seconds(call, best)! / machine.seconds(call, name)! / 2
            let change = { (number: Int, other: StrategyName) in number >= 2000 && other == name ? factor : 1.0 }
            #expect(settled(after: 2000, change) == best)
            #expect(settled(after: 2800, change) == name, "\(name)")
        }
    }
}
