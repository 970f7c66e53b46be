import Tensors

/// What tokens that pass a layer ask of its experts: down(silu(gate(x)) × up(x)) for every visit, tile by tile.
final class ExpertPass: ExpertWork {
    let workers: Workers
    let assignment: Assignment
    /// The experts that a schedule's parts count.
    let experts: [Expert]
    let cut: ExpertCut
    /// The layer's input, `[tokens, hidden]`.
    let tokens: ActivationsView
    let scratch: ExpertScratch.Views
    /// Told when a part is done with its expert.
    private let finished: (@Sendable (Schedule.Part) -> Void)?

    init(
        _ assignment: Assignment, _ experts: [Expert], _ cut: ExpertCut, tokens: ActivationsView,
        _ scratch: ExpertScratch.Views, on workers: Workers, finished: (@Sendable (Schedule.Part) -> Void)? = nil
    ) {
        self.assignment = assignment
        self.experts = experts
        self.cut = cut
        self.tokens = tokens
        self.scratch = scratch
        self.workers = workers
        self.finished = finished
    }

    struct Expert {
        let lease: any ExpertLease
        /// Its visits in the assignment.
        let visits: Range<Int>
        /// Whether each visit's token follows the one before: then the input need not be gathered.
        let isConsecutive: Bool

        init(_ lease: any ExpertLease, visits: Range<Int>, isConsecutive: Bool) {
            self.lease = lease
            self.visits = visits
            self.isConsecutive = isConsecutive
        }

        init(_ lease: any ExpertLease, _ assignment: Assignment) {
            let visits = assignment.offsets[lease.expert]..<assignment.offsets[lease.expert + 1]
            let first = assignment.visits[visits.lowerBound].token
            self.init(
                lease, visits: visits,
                isConsecutive: visits.enumerated().allSatisfy { assignment.visits[$1].token == first + $0 })
        }
    }

    var placement: Placement { workers.nodes.count > 1 ? .rows(nodes: workers.nodes.count) : .anywhere }

    let stages = ExpertCut.Stage.allCases.count

    func units(stage: Int, of part: Schedule.Part, among parts: Int, threads: Int) -> Int {
        let stage = ExpertCut.Stage(rawValue: stage)!
        if stage == .gather, experts[part.expert].isConsecutive { return 0 }
        return cut.units(stage, visits: part.visits.count, among: parts, threads: threads)
    }

    func run(stage: Int, unit: Int, of units: Int, _ part: Schedule.Part) throws {
        let expert = experts[part.expert]
        switch ExpertCut.Stage(rawValue: stage)! {
        case .gather:
            for index in cut.activationRows(unit, of: part.visits.count) {
                let visit = expert.visits.lowerBound + part.visits.lowerBound + index
                scratch.gathered.copy(
                    row: assignment.visits[visit].token, of: tokens, to: part.rows.lowerBound + index)
            }
        case .gateAndUp: try gateAndUp(unit, of: units, part, expert)
        case .inner:
            for index in cut.activationRows(unit, of: part.visits.count) {
                scratch.inner.load(row: part.rows.lowerBound + index, of: scratch.gate)
            }
        case .down: try down(unit, of: units, part, expert)
        }
    }

    /// Leaves silu(gate(x)) × up(x) in `gate`.
    private func gateAndUp(_ unit: Int, of units: Int, _ part: Schedule.Part, _ expert: Expert) throws {
        let (tile, rows) = cut.slice(.gateAndUp, unit, of: units)
        guard !rows.isEmpty else { return }
        try expert.lease.wait(tile: tile) { workers.isCancelled }
        let weights = try expert.lease.gateAndUp(tile: tile)
        let column = cut.layout.tiles[tile].rows.lowerBound + rows.lowerBound
        let first = expert.visits.lowerBound + part.visits.lowerBound
        let (input, from) =
            expert.isConsecutive
            ? (tokens, assignment.visits[first].token) : (scratch.gathered, part.rows.lowerBound)
        let source = from..<from + part.rows.count
        self.rows(rows, of: weights.gate)
            .multiply(
                input, tokens: source, into: scratch.gate, row: part.rows.lowerBound, column: column, exact: false)
        self.rows(rows, of: weights.up)
            .multiply(
                input, tokens: source, into: scratch.up, row: part.rows.lowerBound, column: column, exact: false)
        scratch.gate.siluMultiply(by: scratch.up, rows: part.rows, columns: column..<column + rows.count)
    }

    /// Leaves down(inner) in the outputs of the visits.
    private func down(_ unit: Int, of units: Int, _ part: Schedule.Part, _ expert: Expert) throws {
        let (tile, rows) = cut.slice(.down, unit, of: units)
        guard !rows.isEmpty else { return }
        try expert.lease.wait(tile: tile) { workers.isCancelled }
        try self.rows(rows, of: expert.lease.down(tile: tile))
            .multiply(
                scratch.inner, tokens: part.rows, into: scratch.outputs,
                row: expert.visits.lowerBound + part.visits.lowerBound,
                column: cut.layout.tiles[tile].rows.lowerBound + rows.lowerBound, exact: false)
    }

    private func rows(_ rows: Range<Int>, of weights: WeightMatrix) -> WeightMatrix {
        rows.count == weights.rows ? weights : weights.rows(rows)
    }

    func didFinish(_ part: Schedule.Part) { finished?(part) }
}
