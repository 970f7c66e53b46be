import Tensors

/// The products of experts that learn, forward and backward, in steps that a schedule can spread over threads.
struct TrainableExpertPass {
    let weights, gradients: TrainableExperts.Tensors
    /// All of `[visits, hidden]` or `[visits, width]`, in the order of the assignment.
    let gathered, gate, up, inner, outputs, innerGradient: MatrixView
    private let experts: Int
    /// The number of each visited expert, and its visits.
    private let visited: [(expert: Int, visits: Range<Int>)]

    init(
        _ layer: TrainableExperts, _ assignment: Assignment, gathered: MatrixView, gate: MatrixView, up: MatrixView,
        inner: MatrixView, outputs: MatrixView, innerGradient: MatrixView
    ) {
        weights = layer.weights
        gradients = layer.gradients
        experts = layer.experts
        visited = assignment.visitedExperts.map { ($0.expert, assignment[$0.expert].indices) }
        self.gathered = gathered
        self.gate = gate
        self.up = up
        self.inner = inner
        self.outputs = outputs
        self.innerGradient = innerGradient
    }

    enum Step: Sendable {
        case gateAndUp, inner, output
        /// From the gradient of the outputs, that of what comes between gate and down.
        case innerGradient
        /// In place of gate and up.
        case gateAndUpGradients
        /// In place of the outputs, which nobody needs any more.
        case inputGradientOfGate, inputGradientOfUp
        /// Of the weights: sums over all visits of an expert.
        case downGradient, weightGradients

        var isSum: Bool { self == .downGradient || self == .weightGradients }
    }

    /// Takes the visits through stages of steps as a schedule says.
    ///
    /// Where it cuts experts' visits, sums over them are left whole, between the stages before and after: cut, they would be
    /// other sums.
    func run(_ stages: [[Step]], _ schedule: Schedule, on workers: Workers) {
        guard cutsExperts(schedule), stages.contains(where: { $0.contains(where: \.isSum) }) else {
            return run(stages, as: schedule, on: workers)
        }
        var rowwise: [[Step]] = []
        for stage in stages {
            let (sums, others) = (stage.filter(\.isSum), stage.filter { !$0.isSum })
            if !sums.isEmpty {
                run(rowwise, as: schedule, on: workers)
                rowwise = []
                run([sums], as: whole(workers.count), on: workers)
            }
            rowwise.append(others)
        }
        run(rowwise, as: schedule, on: workers)
    }

    private func run(_ stages: [[Step]], as schedule: Schedule, on workers: Workers) {
        guard !stages.isEmpty else { return }
        // Nothing in it fails; work that was cancelled is noticed by who asked for it.
        try? workers.run(schedule, TrainableExpertWork(self, stages))
    }

    private func cutsExperts(_ schedule: Schedule) -> Bool {
        schedule.teams.contains { team in
            team.phases.contains { $0.contains { $0.visits.count < visited[$0.expert].visits.count } }
        }
    }

    private func whole(_ threads: Int) -> Schedule {
        let visits = visited.map(\.visits.count)
        let limits = ScheduleLimits(threads: threads, rows: visits.reduce(0, +))
        return TileStrategy().schedule(visits, limits)!
    }

    func visits(_ part: Schedule.Part) -> Range<Int> {
        let first = visited[part.expert].visits.lowerBound
        return first + part.visits.lowerBound..<first + part.visits.upperBound
    }

    func products(_ step: Step, _ part: Schedule.Part) -> [Workers.DenseProduct] {
        let rows = visits(part)
        let expert = visited[part.expert].expert
        func own(_ matrices: MatrixView) -> MatrixView { matrices[expert, of: experts] }
        let (input, output) = (gathered.rows(rows), outputs.rows(rows))
        let (gate, up, inner) = (gate.rows(rows), up.rows(rows), inner.rows(rows))
        return switch step {
        case .gateAndUp:
            [
                .init(input, by: own(weights.gate), transposed: true, into: gate),
                .init(input, by: own(weights.up), transposed: true, into: up),
            ]
        case .output: [.init(inner, by: own(weights.down), transposed: true, into: output)]
        case .innerGradient: [.init(output, by: own(weights.down), into: innerGradient.rows(rows))]
        case .downGradient:
            [.init(output, transposed: true, by: inner, into: own(gradients.down), adding: true)]
        case .weightGradients:
            [
                .init(gate, transposed: true, by: input, into: own(gradients.gate), adding: true),
                .init(up, transposed: true, by: input, into: own(gradients.up), adding: true),
            ]
        case .inputGradientOfGate: [.init(gate, by: own(weights.gate), into: output)]
        case .inputGradientOfUp: [.init(up, by: own(weights.up), into: output, adding: true)]
        case .inner, .gateAndUpGradients: []
        }
    }

    /// Multiply-adds of a step over all visits.
    func multiplyAdds(_ step: Step) -> Int {
        let all = visited.indices.map { index in
            Schedule.Part(expert: index, visits: 0..<visited[index].visits.count, rows: 0..<0)
        }
        return all.reduce(0) { $0 + products(step, $1).reduce(0) { $0 + $1.multiplyAdds } }
    }

    /// Steps that go number by number, for some visits.
    func runElementwise(_ step: Step, _ rows: Range<Int>) {
        let (gate, up) = (gate.rows(rows), up.rows(rows))
        switch step {
        case .inner: SwiGLU.forward(gate: gate, up: up, into: inner.rows(rows))
        case .gateAndUpGradients:
            SwiGLU.backward(innerGradient.rows(rows), gate: gate, up: up, gateGradient: gate, upGradient: up)
        default: break
        }
    }
}

/// The same as work for a schedule.
private struct TrainableExpertWork: ExpertWork {
    private let pass: TrainableExpertPass
    private let steps: [[TrainableExpertPass.Step]]
    /// Multiply-adds of each stage.
    private let totals: [Int]

    init(_ pass: TrainableExpertPass, _ steps: [[TrainableExpertPass.Step]]) {
        self.pass = pass
        self.steps = steps
        totals = steps.map { $0.reduce(0) { $0 + pass.multiplyAdds($1) } }
    }

    var stages: Int { steps.count }

    /// Rows whose numbers are worth a turn.
    private var rowsOfAUnit: Int { max(1, (8 << 10) / pass.gate.columns) }

    func units(stage: Int, of part: Schedule.Part, among parts: Int, threads: Int) -> Int {
        let products = products(stage, part)
        guard products.isEmpty else { return products.reduce(0) { $0 + $1.tiles(of: totals[stage]) } }
        return (part.visits.count + rowsOfAUnit - 1) / rowsOfAUnit
    }

    func run(stage: Int, unit: Int, of units: Int, _ part: Schedule.Part) {
        let products = products(stage, part)
        guard !products.isEmpty else {
            let visits = pass.visits(part)
            let first = visits.lowerBound + unit * rowsOfAUnit
            return pass.runElementwise(steps[stage][0], first..<min(first + rowsOfAUnit, visits.upperBound))
        }
        var unit = unit
        for product in products {
            let tiles = product.tiles(of: totals[stage])
            guard unit >= tiles else { return product.run(unit, of: totals[stage]) }
            unit -= tiles
        }
    }

    private func products(_ stage: Int, _ part: Schedule.Part) -> [Workers.DenseProduct] {
        steps[stage].flatMap { pass.products($0, part) }
    }
}

extension MatrixView {
    /// One of `count` matrices that lie one below the other.
    fileprivate subscript(index: Int, of count: Int) -> MatrixView {
        let height = rows / count
        return rows(index * height..<(index + 1) * height)
    }
}
