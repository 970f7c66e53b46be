package import Tensors

/// Experts of one shape in memory, with weights of no meaning: to find out how long strategies take with them.
///
/// Every lease is of the weights that were lent longest ago, so that they come from memory, as a model's do, and not from the
/// processor's own.
package final class TrialExperts: ExpertSource, @unchecked Sendable {  // Leased by one thread.
    private let layout: ExpertLayout
    private var next = 0
    private let payloads: [ExpertPayload]
    private let memory: TrialMemory

    /// - Parameter bytes: to take, about; two experts at least, which all others share then.
    package init(_ layout: ExpertLayout, bytes: Int) {
        self.layout = layout
        let stride = (layout.length + 4095) / 4096 * 4096
        let count = max(2, bytes / stride)
        let memory = TrialMemory(bytes: count * stride)
        self.memory = memory
        payloads = (0..<count).map { ExpertPayload(bytes: memory.start + $0 * stride, owner: memory) }
    }

    /// Lends all weights to be measured with, which leaves numbers that do for that.
    package func lendMemory<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
        body(UnsafeMutableRawBufferPointer(start: memory.start, count: memory.bytes))
    }

    package func layout(layer: Int) -> ExpertLayout { layout }

    package func lease(_ wanted: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]) {
        leases.removeAll(keepingCapacity: true)
        for visits in wanted {
            leases.append(LoneExpert(expert: visits.expert, layout: layout, payload: payloads[next]))
            next = (next + 1) % payloads.count
        }
    }

    package func prefetch(_ experts: [Int], layer: Int) {}
}

/// An expert that is always there.
final class LoneExpert: ExpertLease {
    let expert: Int
    let layout: ExpertLayout
    let isResident = true
    private let payload: ExpertPayload

    init(expert: Int, layout: ExpertLayout, payload: ExpertPayload) {
        self.expert = expert
        self.layout = layout
        self.payload = payload
    }

    func payload(through tile: Int) -> ExpertPayload { payload }
    func release() {}
}

private final class TrialMemory: @unchecked Sendable {  // Not written after it was made.
    let start: UnsafeMutableRawPointer
    let bytes: Int

    init(bytes: Int) {
        self.bytes = bytes
        start = .allocate(byteCount: bytes, alignment: 1 << 21)
        // Any numbers do, as long as none is so small that it is slow: this makes 1.06 or 0.01 of every float.
        start.initializeMemory(as: UInt8.self, repeating: 0x3c, count: bytes)
    }

    deinit { start.deallocate() }
}

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
        let sizes = Execution.Sizes(
            hiddenSize: shape.hiddenSize, intermediateSize: shape.intermediateSize, tokens: tokens,
            visitsPerToken: expertsPerToken, threads: workers.count, hasFloats: shape.hasFloats)
        self.source = source
        self.sizes = sizes
        executions = names.map { name in
            (name, Execution(sizes, planner: Planner(.fixed(name), threads: workers.count), workers: workers))
        }
        self.tokens = Activations(rows: tokens, columns: shape.hiddenSize)
        hidden = Matrix(rows: tokens, columns: shape.hiddenSize)
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
