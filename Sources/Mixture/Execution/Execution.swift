package import Tensors

/// Computes the experts that tokens visit, spread over threads as a strategy says, and holds the scratch memory for it.
///
/// Every visit's output is kept apart until all are there, then combined in slot order: neither the strategy nor which expert
/// was resident and which had to land changes a bit.
package final class Execution {
    /// Visits to one expert that are computed together; bounds the scratch, whatever the length of a prompt.
    package static let batchRows = 256

    /// What the scratch is made for.
    package struct Sizes: Sendable {
        package var hiddenSize: Int
        package var intermediateSize: Int
        /// Tokens of a pass, and experts that each visits, at most.
        package var tokens: Int
        package var visitsPerToken: Int
        package var threads: Int
        /// Whether some weights are f32, whose products by BLAS are cut in one way only.
        package var hasFloats: Bool

        package init(
            hiddenSize: Int, intermediateSize: Int, tokens: Int, visitsPerToken: Int, threads: Int, hasFloats: Bool
        ) {
            self.hiddenSize = hiddenSize
            self.intermediateSize = intermediateSize
            self.tokens = tokens
            self.visitsPerToken = visitsPerToken
            self.threads = threads
            self.hasFloats = hasFloats
        }

        fileprivate func scratch(for choice: StrategyChoice) -> ExpertScratch.Sizes {
            let visits = max(tokens, 1) * visitsPerToken
            let rows = choice.scratchRows(threads: threads, needsChunks: hasFloats)
            return ExpertScratch.Sizes(
                hiddenSize: hiddenSize, intermediateSize: intermediateSize, rows: min(rows, visits), visits: visits)
        }
    }

    private let workers: Workers
    private let planner: Planner
    private let isShared: Bool
    private let peers: (any ExpertPeers)?
    private var scratch: ExpertScratch
    private var leases: [any ExpertLease] = []
    /// How long the experts of the last call took; nil where some had to be waited for.
    package private(set) var lastSeconds: Double?

    /// - Parameters:
    ///   - isShared: whether it computes the expert that every token visits.
    ///   - peers: who computes the experts that the source does not lend; nil: it lends all.
    package init(
        _ sizes: Sizes, planner: Planner, workers: Workers, isShared: Bool = false, peers: (any ExpertPeers)? = nil
    ) {
        self.workers = workers
        self.planner = planner
        self.isShared = isShared
        self.peers = peers
        scratch = ExpertScratch(sizes.scratch(for: planner.choice))
    }

    /// Bytes of that scratch.
    package static func bytes(_ sizes: Sizes, _ choice: StrategyChoice) -> Int {
        ExpertScratch.bytes(sizes.scratch(for: choice))
    }

    /// Adds to each row of `hidden` what its token's experts make of it.
    ///
    /// - Parameters:
    ///   - tokens: the layer's normalized input, `[tokens, hidden]`, prepared for the experts' weight formats.
    ///   - hidden: the residual stream, `[tokens, hidden]`.
    /// - Throws: what the leases and the peers throw, and `CancellationError` when the work of the workers has been cancelled.
    package func run(
        _ assignment: Assignment, on tokens: borrowing Activations, from source: any ExpertSource, layer: Int,
        phase: LayerCall.Phase, addingTo hidden: inout Matrix
    ) throws {
        guard !assignment.visits.isEmpty else { return }
        scratch.outputs.use(rows: assignment.visits.count)
        try compute(assignment, on: tokens, from: source, layer: layer, phase: phase)
        try scratch.outputs.withView { try peers?.complete($0, assignment, layer: layer) }
        hidden.combine(scratch.outputs, by: assignment, on: workers)
    }

    /// Leaves the outputs of the visits to all experts that the source lends.
    private func compute(
        _ assignment: Assignment, on tokens: borrowing Activations, from source: any ExpertSource, layer: Int,
        phase: LayerCall.Phase
    ) throws {
        try source.lease(assignment.visitedExperts, layer: layer, tokens: assignment.tokens, into: &leases)
        var next = 0
        defer { for lease in leases[next...] { lease.release() } }
        guard !leases.isEmpty else {
            lastSeconds = nil
            return
        }
        let call = LayerCall(
            layer: layer, phase: phase, isShared: isShared, tokens: assignment.tokens, experts: assignment.experts,
            visits: leases.map { assignment[$0.expert].count })
        let waits = !leases.allSatisfy(\.isResident)
        let decision = planner.decide(call)
        let start = ContinuousClock.now
        let layout = source.layout(layer: layer)
        let rows = scratch.rows
        try scratch.withViews(
            visits: assignment.visits.count, like: tokens, downFormat: layout.shape.downFormat
        ) { scratch in
            try tokens.withView { tokens in
                while next < leases.count {
                    let group = leases[next..<endOfGroup(from: next, decision.strategy)]
                    next = group.endIndex
                    try compute(group, assignment, layout, tokens, scratch, decision.strategy, rows: rows)
                }
            }
        }
        lastSeconds = waits ? nil : (ContinuousClock.now - start) / .seconds(1)
        if let lastSeconds { planner.record(call, decision, seconds: lastSeconds) }
    }

    /// Leases computed in one go: all that are resident, or as many as there are teams when they must land.
    private func endOfGroup(from first: Int, _ strategy: any ExecutionStrategy) -> Int {
        guard leases[first].isResident else {
            return min(first + strategy.teams(threads: workers.count), leases.count)
        }
        return leases[first...].firstIndex { !$0.isResident } ?? leases.count
    }

    private func compute(
        _ leases: ArraySlice<any ExpertLease>, _ assignment: Assignment, _ layout: ExpertLayout,
        _ tokens: ActivationsView, _ scratch: ExpertScratch.Views, _ strategy: any ExecutionStrategy, rows: Int
    ) throws {
        let experts = leases.map { ExpertPass.Expert($0, assignment) }
        let visits = experts.map(\.visits.count)
        let limits = ScheduleLimits(
            threads: workers.count, rows: rows, chunk: layout.shape.hasFloats ? Self.batchRows : nil)
        let schedule = strategy.schedule(visits, limits) ?? TileStrategy().schedule(visits, limits)!
        if visits.reduce(0, +) <= rows, leases.count == 1 || leases.allSatisfy(\.isResident) {
            // All is done soon, and none waits for the room of another.
            defer { for lease in leases { lease.release() } }
            try workers.run(
                schedule, ExpertPass(assignment, experts, ExpertCut(layout), tokens: tokens, scratch, on: workers))
        } else {
            let held = HeldLeases(leases, for: schedule)
            defer { held.releaseAll() }
            try workers.run(
                schedule,
                ExpertPass(
                    assignment, experts, ExpertCut(layout), tokens: tokens, scratch, on: workers,
                    finished: { held.finish($0) }))
        }
    }
}

extension Execution {
    package var scratchRows: Int { scratch.rows }

    /// Measures what experts of a layout cost, in the scratch memory of this execution and with weights in `memory`, whose
    /// contents are lost.
    ///
    /// - Parameter constants: of the machine.
    /// - Returns: nil where not even one expert has room.
    package func measure(
        _ layout: ExpertLayout, in memory: UnsafeMutableRawBufferPointer, _ constants: CostConstants
    ) -> UnitCosts? {
        let stride = (layout.length + 4095) / 4096 * 4096
        let count = memory.count / stride
        guard count > 0, scratch.rows > 0 else { return nil }
        // Any numbers do, as long as none is so small that it is slow: this makes 1.06 or 0.01 of every float.
        memory.initializeMemory(as: UInt8.self, repeating: 0x3c)
        let base = UnsafeRawPointer(memory.baseAddress!)
        let experts = (0..<count).map { ExpertPayload(bytes: base + $0 * stride, owner: self) }
        let (rows, workers) = (scratch.rows, workers)
        var tokens = Activations(rows: rows, columns: layout.shape.hiddenSize)
        tokens.use(rows: rows, for: [layout.shape.gateFormat, layout.shape.upFormat])
        return scratch.withViews(
            visits: min(rows, scratch.outputs.capacity), like: tokens, downFormat: layout.shape.downFormat
        ) { scratch in
            UnitMeasurement(layout, experts, scratch, rows: rows, constants, on: workers).costs()
        }
    }
}

extension Matrix {
    /// Adds each token's outputs, weighted, to its row, in slot order.
    fileprivate mutating func combine(_ outputs: borrowing Matrix, by assignment: Assignment, on workers: Workers) {
        let (rows, offsets) = assignment.rowsByToken()
        withView { view in
            workers.forEach(assignment.tokens) { token in
                for row in rows[offsets[token]..<offsets[token + 1]] {
                    view.add(row: row, of: outputs, times: assignment.visits[row].weight, to: token)
                }
            }
        }
    }
}
