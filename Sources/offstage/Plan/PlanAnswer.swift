import Foundation
import Inference
import Mixture

/// What `plan` found.
struct PlanAnswer: Encodable, PlanText {
    let shapes: [String]
    let constants: CostConstants?
    let choosingSeconds: Double
    let loads: [LayerExplanation]
    let isOfLayers: Bool

    private enum CodingKeys: String, CodingKey { case shapes, constants, choosingSeconds, loads }

    var text: String {
        let lines = isOfLayers ? loads.lines : loads.map(\.text)
        return ([machine].compactMap(\.self) + lines).joined(separator: "\n") + "\n"
    }

    private var machine: String? {
        constants.map { constants in
            String(format: "%@, choosing %.2f µs · experts ", constants.text, 1e6 * choosingSeconds)
                + shapes.joined(separator: ", ")
        }
    }
}

extension CostConstants {
    /// One line for people.
    var text: String {
        String(
            format:
                "%d thread%@ · memory read at %.1f GB/s alone, %.1f together · a parallel loop takes %.1f µs, a step in it %.1f µs",
            threads, threads == 1 ? "" : "s", bandwidthAlone / 1e9, bandwidthTogether / 1e9, 1e6 * loop, 1e6 * step)
    }
}

/// How long every strategy and the planner took for made-up loads.
struct RaceAnswer: Encodable, PlanText {
    struct Workload: Encodable {
        struct Runner: Encodable {
            let name: String
            /// Medians of the rounds, all steps together.
            let seconds: Double
            /// From the fastest round to the slowest.
            let range: [Double]
            /// Between the medians of every other round and of those between them, over the smaller of both.
            let spread: Double
        }

        let kind: String
        /// The greatest load of a rank over the mean one.
        let rankImbalance: Double
        /// Of experts, in the first step.
        let imbalance: Double
        let runners: [Runner]

        init(_ workload: Mixture.Workload, _ races: [StrategyTrial.Race]) {
            kind = workload.kind.rawValue
            rankImbalance = workload.rankImbalance
            imbalance = workload.step(0).call().imbalance
            runners = races.map { race in
                func median(_ half: Int?) -> Double {
                    let rounds = race.seconds.enumerated().filter { half == nil || $0.offset % 2 == half }
                    return rounds.map(\.element).sorted()[rounds.count / 2]
                }
                let halves = [median(0), median(1)]
                return Runner(
                    name: race.name, seconds: median(nil), range: [race.seconds.min()!, race.seconds.max()!],
                    spread: halves.max()! / halves.min()! - 1)
            }
        }

        /// The planner's time over that of the best strategy.
        var planned: Double { planner.seconds / best.seconds }
        /// By how much the two would differ anyway.
        var spread: Double { max(planner.spread, best.spread) }

        private var planner: Runner { runners.last! }
        private var best: Runner { runners.dropLast().min { $0.seconds < $1.seconds }! }
    }

    let shape: String
    let tokens, steps, ranks: Int
    let constants: CostConstants
    let workloads: [Workload]

    var text: String {
        let lines = workloads.map { workload in
            let times = workload.runners.map { String(format: "%@ %.2f ms", $0.name, 1e3 * $0.seconds) }
            return "\(workload.kind), imbalance "
                + String(format: "%.3f of ranks, %.1f of experts: ", workload.rankImbalance, workload.imbalance)
                + times.joined(separator: "; ")
                + String(
                    format: "; planned / best %.3f, where halves of the rounds differ by %.1f %%", workload.planned,
                    100 * workload.spread)
        }
        return (["\(constants.text) · experts \(shape) · \(tokens) tokens, \(steps) steps"] + lines).joined(
            separator: "\n")
            + "\n"
    }
}

/// What recorded loads would have taken.
struct ReplayAnswer: Encodable, PlanText {
    struct Strategy: Encodable {
        let name: String
        let seconds: Double?
    }

    let model, shape: String
    let constants: CostConstants
    let calls, loads: Int
    let strategies: [Strategy]
    /// With the best strategy for each call, and with a planner that is told nothing and whose clock is off by 5 %.
    let bestSeconds, plannedSeconds: Double
    /// What the planner took beyond the best after its first hundred calls of each kind of load, relative to that; nil where
    /// there were no more.
    let regretAfterWarmUp: Double?
    let switches: Int

    init(
        model: String, shape: String, constants: CostConstants, loads: Int, _ result: PlannerSimulation.Result
    ) {
        self.model = model
        self.shape = shape
        self.constants = constants
        self.loads = loads
        calls = result.all.calls
        strategies = result.fixedSeconds.map { Strategy(name: $0.name.description, seconds: $0.seconds) }
        bestSeconds = result.all.oracleSeconds
        plannedSeconds = result.all.seconds
        regretAfterWarmUp = result.afterWarmUp.calls > 0 ? result.afterWarmUp.regret : nil
        switches = result.switches
    }

    var text: String {
        let times = strategies.map { strategy in
            strategy.seconds.map { String(format: "%@ %.3f s", strategy.name, $0) } ?? "\(strategy.name) cannot"
        }
        return """
            \(model): \(calls) calls, \(loads) kinds of load · \(constants.text) · experts \(shape)
            predicted: \(times.joined(separator: "; ")); the best for each call \(String(format: "%.3f s", bestSeconds))
            a planner that has to find out, whose clock is off by 5 %: \(String(format: "%.3f s, %.1f %% above the best", plannedSeconds, 100 * (plannedSeconds / max(bestSeconds, .leastNormalMagnitude) - 1))), \(switches) switches

            """
    }
}

/// What people read instead of JSON.
protocol PlanText {
    var text: String { get }
}
