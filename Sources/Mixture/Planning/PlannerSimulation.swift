import Tensors

/// Runs a planner over calls whose costs are pretended, to see what it makes of them, beside one who knows all costs.
///
/// What a call is charged is its cost without noise; the planner is told the cost with noise, as a clock would.
package struct PlannerSimulation: Sendable {
    /// What a planner's clock is off by.
    package struct Noise: Sendable, Equatable {
        /// The standard deviation of times, relative to them.
        package var deviation: Double
        /// How often the system holds a call up, and how many times as long that then takes.
        package var holdUps: Double
        package var holdUpFactor: Double

        package init(deviation: Double = 0.05, holdUps: Double = 0.01, holdUpFactor: Double = 5) {
            self.deviation = deviation
            self.holdUps = holdUps
            self.holdUpFactor = holdUpFactor
        }

        package static let none = Noise(deviation: 0, holdUps: 0)
    }

    /// Of what came of some calls.
    package struct Totals: Sendable, Equatable {
        package var calls = 0
        package var seconds = 0.0
        /// What the best strategy for each call would have taken.
        package var oracleSeconds = 0.0

        /// What was taken beyond the best, relative to it.
        package var regret: Double { oracleSeconds > 0 ? seconds / oracleSeconds - 1 : 0 }
    }

    package struct Result: Sendable {
        /// From the first call on, and without the warm-up.
        package fileprivate(set) var all = Totals()
        package fileprivate(set) var afterWarmUp = Totals()
        /// What each strategy alone would have taken for all calls, in the planner's order; nil where it cannot do one.
        package fileprivate(set) var fixedSeconds: [(name: StrategyName, seconds: Double?)] = []
        /// How often a strategy followed upon another for the same layer and kind of load.
        package fileprivate(set) var switches = 0
        /// Of every layer and kind of load, the strategy that had most of the last calls.
        package fileprivate(set) var settled: [LoadKey: StrategyName] = [:]
        /// Calls of each strategy.
        package fileprivate(set) var taken: [StrategyName: Int] = [:]

        /// The best of those that stay with one strategy.
        package var bestFixed: (name: StrategyName, seconds: Double)? {
            fixedSeconds.compactMap { fixed in fixed.seconds.map { (fixed.name, $0) } }.min { $0.1 < $1.1 }
        }
    }

    package var noise: Noise
    package var seed: UInt64
    /// Calls of each layer and kind of load that count as its warm-up.
    package var warmUp: Int

    package init(noise: Noise = Noise(), seed: UInt64 = 0, warmUp: Int = 100) {
        self.noise = noise
        self.seed = seed
        self.warmUp = warmUp
    }

    /// Lets a planner decide one call after the other.
    ///
    /// - Parameters:
    ///   - seconds: what a call would take; the number of the call, for costs that change. Nil where a strategy cannot do it.
    ///     It is asked for every call and strategy, so it should remember.
    package func run(
        _ calls: some Sequence<LayerCall>, on planner: Planner,
        seconds: (_ number: Int, LayerCall, StrategyName) -> Double?
    ) -> Result {
        var (result, clock) = (Result(), NoisyClock(noise, seed: seed))
        var fixed = [Double?](repeating: 0, count: planner.names.count)
        var seen: [LoadKey: Seen] = [:]
        for (number, call) in calls.enumerated() {
            let costs = planner.names.map { seconds(number, call, $0) }
            guard let best = costs.compactMap(\.self).min() else { continue }
            for (index, cost) in costs.enumerated() {
                fixed[index] = cost.flatMap { cost in fixed[index].map { $0 + cost } }
            }
            let decision = planner.decide(call)
            let name = decision.strategy.name
            // What cannot be done as planned is done by tiles.
            let taken = costs[planner.names.firstIndex(of: name)!] ?? seconds(number, call, .tiles) ?? best
            planner.record(call, decision, seconds: clock.read(taken))
            result.taken[name, default: 0] += 1
            result.all.add(taken, best)
            let isWarm = seen[LoadKey(call), default: Seen()].add(name, &result.switches) > warmUp
            if isWarm { result.afterWarmUp.add(taken, best) }
        }
        result.fixedSeconds = Array(zip(planner.names, fixed)).map { (name: $0, seconds: $1) }
        result.settled = seen.mapValues(\.settled)
        return result
    }

    /// Lets a planner decide what was recorded, as it came; each load that differs is asked for once.
    package func run(
        _ recorded: RecordedLoads, on planner: Planner, seconds: (LayerCall, StrategyName) -> Double?
    ) -> Result {
        let costs = recorded.loads.map { load in planner.names.map { seconds(load.call, $0) } }
        return run(recorded.calls, on: planner) { number, call, name in
            guard let place = planner.names.firstIndex(of: name) else { return seconds(call, name) }
            return costs[Int(recorded.order[number])][place]
        }
    }

    /// What a layer saw of a kind of load.
    private struct Seen {
        private var calls = 0
        private var last: [StrategyName] = []

        /// - Returns: calls so far.
        mutating func add(_ name: StrategyName, _ switches: inout Int) -> Int {
            if let before = last.last, before != name { switches += 1 }
            if last.count == Self.lastCalls { last.removeFirst() }
            last.append(name)
            calls += 1
            return calls
        }

        var settled: StrategyName {
            let counts = Dictionary(last.map { ($0, 1) }, uniquingKeysWith: +)
            return last.max { counts[$0]! < counts[$1]! }!
        }

        private static let lastCalls = 32
    }
}

extension PlannerSimulation.Totals {
    fileprivate mutating func add(_ taken: Double, _ best: Double) {
        calls += 1
        seconds += taken
        oracleSeconds += best
    }
}

/// Reads times off by some noise.
private struct NoisyClock {
    private let noise: PlannerSimulation.Noise
    private var random: RandomNumbers

    init(_ noise: PlannerSimulation.Noise, seed: UInt64) {
        self.noise = noise
        random = RandomNumbers(seed: seed)
    }

    mutating func read(_ seconds: Double) -> Double {
        // Four uniform numbers make about a normal one, and never one far off.
        let sum = (0..<4).reduce(0) { sum, _ in sum + uniform() }
        let normal = (sum - 2) * 3.0.squareRoot()
        let heldUp = uniform() < noise.holdUps ? noise.holdUpFactor : 1
        return seconds * max(0.1, 1 + noise.deviation * normal) * heldUp
    }

    private mutating func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }
}
