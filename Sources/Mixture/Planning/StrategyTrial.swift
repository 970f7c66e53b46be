package import Tensors

/// Tries strategies on loads of one shape of experts, in turns.
package final class StrategyTrial {
    private let source: TrialExperts
    private let sizes: Execution.Sizes
    private let executions: [(name: StrategyName, execution: Execution)]
    private var tokens: Activations
    private var hidden: Matrix

    /// - Parameters:
    ///   - tokens: of a load, at most.
    ///   - names: the strategies to try.
    package init(
        _ source: TrialExperts, tokens: Int, expertsPerToken: Int, _ names: [StrategyName], on workers: Workers
    ) {
        let shape = source.layout(layer: 0).shape
        let sizes = Self.sizes(shape, tokens: tokens, expertsPerToken: expertsPerToken, threads: workers.count)
        self.source = source
        self.sizes = sizes
        executions = names.map { name in
            (name, Execution(sizes, planner: Planner(.fixed(name), threads: workers.count), workers: workers))
        }
        self.tokens = Activations(rows: tokens, columns: shape.hiddenSize)
        hidden = Matrix(rows: tokens, columns: shape.hiddenSize)
    }

    private static func sizes(
        _ shape: ExpertShape, tokens: Int, expertsPerToken: Int, threads: Int
    ) -> Execution.Sizes {
        Execution.Sizes(
            hiddenSize: shape.hiddenSize, intermediateSize: shape.intermediateSize, tokens: tokens,
            visitsPerToken: expertsPerToken, threads: threads, hasFloats: shape.hasFloats)
    }

    /// Memory that a trial and a race take beside the weights.
    package static func bytes(_ shape: ExpertShape, tokens: Int, expertsPerToken: Int, threads: Int) -> Double {
        let sizes = sizes(shape, tokens: tokens, expertsPerToken: expertsPerToken, threads: threads)
        let choices = StrategyName.all(threads: threads).map(StrategyChoice.fixed) + [.automatic]
        return choices.reduce(0) { $0 + Double(Execution.bytes(sizes, $1)) }
            + 3 * 4 * Double(tokens) * Double(shape.hiddenSize)
    }

    /// Rows of scratch memory that a strategy has.
    package func scratchRows(of name: StrategyName) -> Int {
        executions.first { $0.name == name }?.execution.scratchRows ?? 0
    }

    /// Measures what units cost.
    package func costs(_ constants: CostConstants) -> UnitCosts? {
        source.lendMemory { executions[0].execution.measure(source.layout(layer: 0), in: $0, constants) }
    }

    /// Seconds that each strategy takes, round by round.
    ///
    /// - Parameter isCancelled: asked after every call; once it says yes, what there is so far is returned.
    package func seconds(
        _ assignment: Assignment, rounds: Int, isCancelled: () -> Bool = { false }
    ) throws -> [StrategyName: [Double]] {
        prepare(assignment)
        var seconds: [StrategyName: [Double]] = [:]
        for round in 0..<rounds + 1 {
            // The order changes, so that nobody always comes after the same one.
            for index in executions.indices {
                let (name, execution) = executions[(index + round) % executions.count]
                try execution.run(
                    assignment, on: tokens, from: source, layer: 0,
                    phase: assignment.tokens == 1 ? .decode : .prompt, addingTo: &hidden)
                if round > 0, let time = execution.lastSeconds { seconds[name, default: []].append(time) }
                if isCancelled() { return seconds }
            }
        }
        return seconds
    }

    /// Who ran, and how long each took for all loads, round by round.
    package struct Race {
        package let name: String
        package fileprivate(set) var seconds: [Double]
    }

    /// Lets every strategy, and a planner that chooses among them, compute the same loads, one after the other.
    ///
    /// - Parameters:
    ///   - warmUp: rounds that do not count, in which the planner learns.
    ///   - isCancelled: asked after every load; once it says yes, what there is so far is returned.
    package func race(
        _ loads: [Assignment], warmUp: Int, rounds: Int, on workers: Workers, isCancelled: () -> Bool = { false }
    ) throws -> [Race] {
        let planner = Planner(.automatic, threads: workers.count)
        let auto = Execution(sizes, planner: planner, workers: workers)
        let runners = executions.map { ($0.name.description, $0.execution) } + [("auto", auto)]
        var races = runners.map { Race(name: $0.0, seconds: []) }
        for round in 0..<warmUp + rounds {
            var sums = [Double](repeating: 0, count: runners.count)
            for (number, load) in loads.enumerated() {
                prepare(load)
                for index in runners.indices {
                    let runner = (index + round + number) % runners.count
                    // The planner's own time counts, too.
                    let start = ContinuousClock.now
                    try runners[runner].1.run(
                        load, on: tokens, from: source, layer: 0,
                        phase: load.tokens == 1 ? .decode : .prompt, addingTo: &hidden)
                    sums[runner] += (ContinuousClock.now - start) / .seconds(1)
                    if isCancelled() { return races }
                }
            }
            if round >= warmUp { for index in races.indices { races[index].seconds.append(sums[index]) } }
        }
        return races
    }

    private func prepare(_ load: Assignment) {
        let shape = source.layout(layer: 0).shape
        tokens.use(rows: load.tokens, for: [shape.gateFormat, shape.upFormat])
        hidden.use(rows: load.tokens)
    }
}
