package import Tensors

/// Computes the experts that tokens visit, and the scratch memory for it.
///
/// Every visit's output is kept apart until all are there, then combined in slot order: which expert was resident and
/// which had to land changes no bit.
package final class Execution {
    /// Visits to one expert that are computed together; bounds the scratch, whatever the length of a prompt.
    package static let batchRows = 256

    private let workers: Workers
    private var gathered: Activations
    private var gate: Matrix
    private var up: Matrix
    private var inner: Activations
    private var outputs: Matrix
    private var leases: [any ExpertLease] = []

    /// Makes scratch for passes of up to `tokens` tokens that visit `visitsPerToken` experts each.
    package init(workers: Workers, hiddenSize: Int, intermediateSize: Int, tokens: Int, visitsPerToken: Int) {
        let batch = Self.batch(tokens: tokens, visitsPerToken: visitsPerToken)
        self.workers = workers
        gathered = Activations(rows: batch, columns: hiddenSize)
        gate = Matrix(rows: batch, columns: intermediateSize)
        up = Matrix(rows: batch, columns: intermediateSize)
        inner = Activations(rows: batch, columns: intermediateSize)
        outputs = Matrix(rows: tokens * visitsPerToken, columns: hiddenSize)
    }

    /// Bytes of that scratch.
    package static func bytes(hiddenSize: Int, intermediateSize: Int, tokens: Int, visitsPerToken: Int) -> Int {
        let batch = batch(tokens: tokens, visitsPerToken: visitsPerToken)
        return Activations.bytes(rows: batch, columns: hiddenSize) + 2
            * Matrix.bytes(rows: batch, columns: intermediateSize)
            + Activations.bytes(rows: batch, columns: intermediateSize)
            + Matrix.bytes(rows: tokens * visitsPerToken, columns: hiddenSize)
    }

    private static func batch(tokens: Int, visitsPerToken: Int) -> Int {
        min(batchRows, max(tokens, 1) * visitsPerToken)
    }

    /// Adds to each row of `hidden` what its token's experts make of it.
    ///
    /// - Parameters:
    ///   - tokens: the layer's normalized input, `[tokens, hidden]`, prepared for the experts' weight formats.
    ///   - hidden: the residual stream, `[tokens, hidden]`.
    /// - Throws: what the leases throw, and `CancellationError` when the work of the workers has been cancelled.
    package func run(
        _ assignment: Assignment, on tokens: borrowing Activations, from source: any ExpertSource, layer: Int,
        addingTo hidden: inout Matrix
    ) throws {
        outputs.use(rows: assignment.visits.count)
        try source.lease(assignment.visitedExperts, layer: layer, tokens: assignment.tokens, into: &leases)
        var next = 0
        defer { for lease in leases[next...] { lease.release() } }
        let layout = source.layout(layer: layer)
        while next < leases.count {
            let group = group(from: next, assignment)
            try compute(leases[group], assignment, on: tokens, layout)
            for lease in leases[group] { lease.release() }
            next = group.upperBound
        }
        hidden.combine(outputs, by: assignment, on: workers)
    }

    /// Leases computed in one go: resident ones as far as the batch reaches, or a single one that must land.
    private func group(from first: Int, _ assignment: Assignment) -> Range<Int> {
        var end = first + 1
        var visits = assignment[leases[first].expert].count
        guard leases[first].isResident else { return first..<end }
        while end < leases.count, leases[end].isResident {
            visits += assignment[leases[end].expert].count
            guard visits <= gate.capacity else { break }
            end += 1
        }
        return first..<end
    }

    private func compute(
        _ group: ArraySlice<any ExpertLease>, _ assignment: Assignment, on tokens: borrowing Activations,
        _ layout: ExpertLayout
    ) throws {
        guard let only = group.first, group.count == 1 else {
            return try compute(jobs(group, assignment), assignment, on: tokens, layout)
        }
        let visits = assignment[only.expert].indices
        for start in stride(from: visits.lowerBound, to: visits.upperBound, by: gate.capacity) {
            let part = start..<min(start + gate.capacity, visits.upperBound)
            try compute([Job(lease: only, rows: 0..<part.count, visits: part)], assignment, on: tokens, layout)
        }
    }

    private func jobs(_ group: ArraySlice<any ExpertLease>, _ assignment: Assignment) -> [Job] {
        var row = 0
        return group.map { lease in
            let visits = assignment[lease.expert].indices
            defer { row += visits.count }
            return Job(lease: lease, rows: row..<row + visits.count, visits: visits)
        }
    }

    /// down(silu(gate(x)) × up(x)) for one batch, tile by tile.
    private func compute(
        _ jobs: [Job], _ assignment: Assignment, on tokens: borrowing Activations, _ layout: ExpertLayout
    ) throws {
        let visits = jobs.flatMap(\.visits)
        gathered.gather(tokens, count: visits.count) { assignment.visits[visits[$0]].token }
        gate.use(rows: visits.count)
        up.use(rows: visits.count)
        try gate.withView { gate in
            try up.withView { up in try workers.gate(jobs, layout, gathered, into: gate, up) }
        }
        inner.load(gate, for: [layout.shape.downFormat], on: workers)
        try outputs.withView { outputs in try workers.lower(jobs, layout, inner, into: outputs) }
    }
}

/// A part of an expert's visits.
private struct Job: Sendable {
    let lease: any ExpertLease
    /// Rows of the batch.
    let rows: Range<Int>
    /// Visits of the assignment, and rows of the outputs.
    let visits: Range<Int>
}

extension Workers {
    /// Leaves silu(gate(x)) × up(x) in `gate`.
    fileprivate func gate(
        _ jobs: [Job], _ layout: ExpertLayout, _ input: borrowing Activations, into gate: MatrixView, _ up: MatrixView
    ) throws {
        let tiles = layout.gateAndUpTiles
        try forEach(jobs.count * tiles) { index in
            let job = jobs[index / tiles]
            let columns = layout.tiles[index % tiles].rows
            try job.lease.wait(tile: index % tiles) { isCancelled }
            let weights = try job.lease.gateAndUp(tile: index % tiles)
            weights.gate.multiply(input, tokens: job.rows, into: gate, column: columns.lowerBound, exact: false)
            weights.up.multiply(input, tokens: job.rows, into: up, column: columns.lowerBound, exact: false)
            gate.siluMultiply(by: up, rows: job.rows, columns: columns)
        }
    }

    /// Leaves down(inner) in the outputs of the visits.
    fileprivate func lower(
        _ jobs: [Job], _ layout: ExpertLayout, _ inner: borrowing Activations, into outputs: MatrixView
    ) throws {
        let first = layout.gateAndUpTiles
        let tiles = layout.tiles.count - first
        try forEach(jobs.count * tiles) { index in
            let job = jobs[index / tiles]
            let tile = first + index % tiles
            try job.lease.wait(tile: tile) { isCancelled }
            let weights = try job.lease.down(tile: tile)
            let column = layout.tiles[tile].rows.lowerBound
            weights.multiply(
                inner, tokens: job.rows, into: outputs, row: job.visits.lowerBound, column: column, exact: false)
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
