import Foundation
package import Mixture
import Profiling
package import Tensors

/// Tries all strategies on loads of one shape of experts, with weights of no meaning, and says what was predicted of each.
package final class PlanStudy {
    package let names: [StrategyName]
    package let constants: CostConstants
    package let shape: String
    private let layout: ExpertLayout
    private let expertsPerToken: Int
    private let source: TrialExperts
    private let workers: Workers
    private let model: CostModel?
    private let folder: String?
    private var strategies = StrategyDictionary()
    private var trial: (tokens: Int, trial: StrategyTrial)?

    /// Memory for weights: more than processors keep for themselves, where so much can be had.
    private static let weightBytes = 384 << 20
    /// Scratch memory is measured for this many tokens.
    private static let measuredTokens = 512
    /// Calls of each strategy that a median is of, and about how long all of them may take.
    private static let rounds = (least: 3, most: 15)
    private static let secondsPerLoad = 1.5

    /// Measures what the machine and the shape cost, unless that is known.
    ///
    /// - Parameters:
    ///   - tokens: of a load, at most.
    ///   - folder: where that is kept; nil: nowhere.
    ///   - measuresAgain: whether what is kept does not count.
    /// - Throws: ``InferenceError`` when it would take more memory than can be had.
    package init(
        _ layout: ExpertLayout, tokens: Int, expertsPerToken: Int, threads: Int, folder: String?,
        measuresAgain: Bool = false, in available: AvailableMemory = AvailableMemory()
    ) throws {
        let weights = try Self.weightBytes(layout, tokens, expertsPerToken, threads, available)
        self.layout = layout
        self.folder = folder
        self.expertsPerToken = expertsPerToken
        workers = Workers(count: threads)
        names = StrategyName.all(threads: threads)
        source = TrialExperts(layout, bytes: weights)
        shape = PlanMemory.key(layout)
        var memory = folder.map { PlanMemory(in: $0, threads: threads) } ?? PlanMemory(threads: threads)
        let kept = measuresAgain ? nil : memory.constants(of: weights)
        constants = kept ?? source.lendMemory(Calibration(workers).constants)
        memory.constants = constants
        let trial = StrategyTrial(
            source, tokens: Self.measuredTokens, expertsPerToken: expertsPerToken, [.tiles], on: workers)
        if !measuresAgain, let known = memory.shapes[shape], known.holds(rows: Execution.batchRows, bytes: weights) {
            model = CostModel(constants, known.costs, layout)
        } else if let costs = trial.costs(constants) {
            memory.shapes[shape] = PlanMemory.Shape(
                costs: costs, measuredBytes: weights, strategies: memory.shapes[shape]?.strategies)
            model = CostModel(constants, costs, layout)
        } else {
            model = nil
        }
        if let folder { memory.write(in: folder) }
    }

    /// Memory for weights: half of what can be had beside all else, at most.
    private static func weightBytes(
        _ layout: ExpertLayout, _ tokens: Int, _ expertsPerToken: Int, _ threads: Int, _ available: AvailableMemory
    ) throws -> Int {
        let others = StrategyTrial.bytes(
            layout.shape, tokens: max(tokens, measuredTokens), expertsPerToken: expertsPerToken, threads: threads)
        let least = TrialExperts.leastBytes(layout)
        let held = ProcessMemory().current
        guard others + Double(least) <= Double(available.allowed - held) else {
            throw InferenceError(
                "trying experts of \(layout.shape.hiddenSize) x \(layout.shape.intermediateSize) with \(tokens) tokens takes "
                    + String(format: "%.0f MiB", (others + Double(least)) / 1_048_576)
                    + ", and \(mebibytes(max(0, available.allowed - held))) can be had; ask for fewer --tokens, or a smaller --shape"
            )
        }
        let room = available.allowed - held - Int(others)
        return max(least, min(weightBytes, room / 2))
    }

    /// What each strategy is predicted to take.
    package func predictions(_ call: LayerCall) -> [LayerExplanation.Strategy] {
        names.map { name in
            let visits = call.totalVisits
            let limits = name.strategy.scratchRows(threads: workers.count, needsChunks: layout.shape.hasFloats)
            let seconds = model?.seconds(
                call, name.strategy, scratchRows: min(limits, visits), gathers: call.tokens > 1)
            return LayerExplanation.Strategy(
                name: name.description, predictedSeconds: seconds, measuredSeconds: nil, calls: 0)
        }
    }

    /// What the fastest strategy is predicted to take for visits to some experts; nil where nothing is known.
    package func leastSeconds(visits: [Int]) -> Double? {
        let call = LayerCall(
            layer: 0, phase: visits.reduce(0, +) > visits.count ? .prompt : .decode, tokens: visits.max() ?? 1,
            experts: visits.count, visits: visits)
        return predictions(call).compactMap(\.predictedSeconds).min()
    }

    /// Bytes of one of the experts.
    package var expertBytes: Int { layout.length }

    /// What each strategy is predicted to take, and takes.
    ///
    /// - Throws: `CancellationError` once `isCancelled` says yes.
    package func measured(
        _ assignment: Assignment, _ place: LayerExplanation.Place, isCancelled: () -> Bool = { false }
    ) throws -> LayerExplanation {
        let call = LayerCall(
            layer: place.layer, phase: place.phase, isShared: place.isShared, tokens: assignment.tokens,
            experts: assignment.experts, visits: assignment.visitedExperts.map(\.visits))
        if trial?.tokens != assignment.tokens {
            trial = nil
            trial = (
                assignment.tokens,
                StrategyTrial(
                    source, tokens: assignment.tokens, expertsPerToken: expertsPerToken, names, on: workers)
            )
        }
        var strategies = predictions(call)
        let expected = strategies.compactMap(\.predictedSeconds).reduce(0, +)
        let rounds = Int(
            min(max(Self.secondsPerLoad / max(expected, 1e-9), Double(Self.rounds.least)), Double(Self.rounds.most)))
        let seconds = try trial!.trial.seconds(assignment, rounds: rounds, isCancelled: isCancelled)
        if isCancelled() { throw CancellationError() }
        for (index, name) in names.enumerated() {
            let times = seconds[name] ?? []
            strategies[index].calls = times.count
            strategies[index].measuredSeconds = times.median
            let halves = [0, 1].compactMap { half in
                times.indices.filter { $0 % 2 == half }.map { times[$0] }.median
            }
            learn(call, index, times, strategies)
            if halves.count == 2 { strategies[index].spread = abs(halves[0] - halves[1]) / halves.min()! }
        }
        let best = strategies.min { ($0.measuredSeconds ?? .infinity) < ($1.measuredSeconds ?? .infinity) }!
        return LayerExplanation(
            place: place, tokens: call.tokens, active: call.visits.count, imbalance: call.imbalance, chosen: best.name,
            calls: best.calls, strategies: strategies)
    }

    /// Lets every strategy, and a planner that chooses among them, compute loads again and again.
    ///
    /// - Throws: `CancellationError` once `isCancelled` says yes.
    package func raced(
        _ loads: [Assignment], warmUp: Int, rounds: Int, isCancelled: () -> Bool
    ) throws -> [StrategyTrial.Race] {
        trial = nil
        let racing = StrategyTrial(
            source, tokens: loads.map(\.tokens).max() ?? 1, expertsPerToken: expertsPerToken, names, on: workers)
        let races = try racing.race(loads, warmUp: warmUp, rounds: rounds, on: workers, isCancelled: isCancelled)
        if isCancelled() { throw CancellationError() }
        return races
    }

    /// What strategies would have taken for recorded loads, as predicted, and what a planner would have made of them that was
    /// told nothing before.
    package func replayed(_ recorded: RecordedLoads) -> PlannerSimulation.Result {
        var known: [LayerCall: [StrategyName: Double]] = [:]
        return PlannerSimulation().run(recorded, on: Planner(.automatic, threads: workers.count)) { call, name in
            var call = call
            call.layer = 0
            if known[call] == nil {
                let found = zip(names, predictions(call)).compactMap { name, strategy in
                    strategy.predictedSeconds.map { (name, $0) }
                }
                known[call] = Dictionary(uniqueKeysWithValues: found)
            }
            return known[call]?[name]
        }
    }

    /// Remembers what was measured for those who run models.
    private func learn(
        _ call: LayerCall, _ arm: Int, _ times: [Double], _ predicted: [LayerExplanation.Strategy]
    ) {
        let (key, units) = (LoadKey(call).pooled(0), Planner.units(of: call))
        _ = strategies.choose(key) {
            predicted.map { StrategyDictionary.Arm(name: $0.name, predicted: $0.predictedSeconds.map { $0 / units }) }
        }
        for time in times { strategies.record(key, arm: arm, seconds: time / units) }
    }

    /// Seconds that it takes to choose a strategy for a call, and to remember what came of it, once all has been tried.
    package var choosingSeconds: Double {
        let call = LayerCall(layer: 0, phase: .decode, tokens: 1, experts: 8, visits: [1, 1])
        let planner = Planner(.automatic, threads: workers.count)
        func choose(_ times: Int) {
            for turn in 0..<times {
                let decision = planner.decide(call)
                planner.record(call, decision, seconds: 1e-3 + 1e-6 * Double(turn % 7))
            }
        }
        choose(256)
        let start = ContinuousClock.now
        choose(4096)
        return (ContinuousClock.now - start) / .seconds(4096)
    }

    /// Keeps what was measured.
    package func keep() {
        guard let folder else { return }
        var memory = PlanMemory(in: folder, threads: workers.count)
        memory.shapes[shape]?.strategies = strategies
        memory.write(in: folder)
    }
}
