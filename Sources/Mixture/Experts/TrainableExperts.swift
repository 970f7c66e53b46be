package import Tensors

/// The experts of a layer while they learn: each is down(silu(gate(x)) × up(x)) (Shazeer, 2020, arXiv 2002.05202), and a
/// token's output is the weighted sum of those it visits, in slot order.
package struct TrainableExperts {
    /// Three matrices for every expert, or their gradients, one expert below the other.
    package struct Tensors: Sendable {
        /// `[experts × width, hidden]`
        package let gate: MatrixView
        /// `[experts × width, hidden]`
        package let up: MatrixView
        /// `[experts × hidden, width]`
        package let down: MatrixView

        package init(gate: MatrixView, up: MatrixView, down: MatrixView) {
            self.gate = gate
            self.up = up
            self.down = down
        }
    }

    /// What the forward pass keeps for the backward one.
    package final class Memory {
        let gathered: RowBuffer
        let gate: RowBuffer
        let up: RowBuffer
        let inner: RowBuffer
        let outputs: RowBuffer
        let innerGradient: RowBuffer

        package init(hiddenSize: Int, intermediateSize: Int) {
            gathered = RowBuffer(columns: hiddenSize)
            gate = RowBuffer(columns: intermediateSize)
            up = RowBuffer(columns: intermediateSize)
            inner = RowBuffer(columns: intermediateSize)
            outputs = RowBuffer(columns: hiddenSize)
            innerGradient = RowBuffer(columns: intermediateSize)
        }
    }

    package let experts: Int
    package let weights: Tensors
    package let gradients: Tensors
    private let layer: Int
    private let isShared: Bool
    private let planner: Planner

    /// - Parameters:
    ///   - layer: its number, for the planner.
    ///   - isShared: whether it is the expert that every token visits.
    package init(
        experts: Int, weights: Tensors, gradients: Tensors, layer: Int, isShared: Bool = false, planner: Planner
    ) {
        self.experts = experts
        self.weights = weights
        self.gradients = gradients
        self.layer = layer
        self.isShared = isShared
        self.planner = planner
    }

    /// The experts of a whole layer where these are some of them.
    package func among(_ experts: Int, weights: Tensors, gradients: Tensors) -> TrainableExperts {
        TrainableExperts(
            experts: experts, weights: weights, gradients: gradients, layer: layer, isShared: isShared,
            planner: planner)
    }

    /// Adds to each row of `output` what its token's experts make of the row of `input`, both `[tokens, hidden]`.
    package func forward(
        _ input: MatrixView, _ assignment: Assignment, addingTo output: MatrixView, _ memory: Memory,
        on workers: Workers
    ) {
        assignment.combine(outputs(of: input, assignment, memory, on: workers), addingTo: output, on: workers)
    }

    /// What each visit's expert makes of its token's row of `input`: `[visits, hidden]`, in the order of the assignment.
    package func outputs(
        of input: MatrixView, _ assignment: Assignment, _ memory: Memory, on workers: Workers
    ) -> MatrixView {
        let visits = assignment.visits.count
        let pass = TrainableExpertPass(
            self, assignment, gathered: memory.gathered.rows(visits), gate: memory.gate.rows(visits),
            up: memory.up.rows(visits), inner: memory.inner.rows(visits), outputs: memory.outputs.rows(visits),
            innerGradient: memory.innerGradient.view)
        Dispatch.gather(input, tokens: assignment.visits.map(\.token), into: pass.gathered, on: workers)
        planned(.forward, assignment, on: workers) { schedule in
            pass.run([[.gateAndUp], [.inner], [.output]], schedule, on: workers)
        }
        return pass.outputs
    }

    /// Adds the gradient of the input to `inputGradient`, and those of the weights to ``gradients``.
    ///
    /// - Parameter gradient: of the output, `[tokens, hidden]`.
    /// - Returns: the gradient of each visit's weight, in the order of the assignment.
    package func backward(
        _ gradient: MatrixView, _ assignment: Assignment, addingTo inputGradient: MatrixView, _ memory: Memory,
        on workers: Workers
    ) -> [Float] {
        let gradients = visitGradients(of: gradient, assignment, memory, on: workers)
        assignment.addBack(gradients.inputs, to: inputGradient, on: workers)
        return gradients.weights
    }

    /// The gradients of each visit's weight and of its input, `[visits, hidden]`, in the order of the assignment; those of the
    /// experts are added to ``gradients``.
    ///
    /// - Parameter gradient: of the output, `[tokens, hidden]`.
    package func visitGradients(
        of gradient: MatrixView, _ assignment: Assignment, _ memory: Memory, on workers: Workers
    ) -> (weights: [Float], inputs: MatrixView) {
        let pass = TrainableExpertPass(
            self, assignment, gathered: memory.gathered.view, gate: memory.gate.view, up: memory.up.view,
            inner: memory.inner.view, outputs: memory.outputs.view,
            innerGradient: memory.innerGradient.rows(assignment.visits.count))
        // What is needed no longer makes room for its own gradient.
        let weightGradients = Dispatch.combineBackward(
            gradient, visitRows: pass.outputs, weights: assignment.visits.map(\.weight),
            tokens: assignment.visits.map(\.token), into: pass.outputs, on: workers)
        planned(.backward, assignment, on: workers) { schedule in
            pass.run(
                [
                    [.innerGradient, .downGradient], [.gateAndUpGradients], [.weightGradients, .inputGradientOfGate],
                    [.inputGradientOfUp],
                ], schedule, on: workers)
        }
        return (weightGradients, pass.outputs)
    }

    /// Does work on all visits as the planner wants it, and tells the planner how long it took.
    private func planned(
        _ phase: LayerCall.Phase, _ assignment: Assignment, on workers: Workers, _ work: (Schedule) -> Void
    ) {
        let visits = assignment.visitedExperts.map(\.visits)
        guard !visits.isEmpty else { return }
        let call = LayerCall(
            layer: layer, phase: phase, isShared: isShared, tokens: assignment.tokens, experts: experts, visits: visits)
        let decision = planner.decide(call)
        let start = ContinuousClock.now
        let limits = ScheduleLimits(threads: workers.count, rows: assignment.visits.count)
        guard let schedule = decision.strategy.schedule(visits, limits) else {
            preconditionFailure("\(decision.strategy.name) has rows for all of \(limits.rows) visits")
        }
        work(schedule)
        planner.record(call, decision, seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}

extension Assignment {
    /// Adds to each row of `output`, `[tokens, hidden]`, the weighted sum of its token's rows, in slot order.
    ///
    /// - Parameter rows: one for each visit, `[visits, hidden]`.
    package func combine(_ rows: MatrixView, addingTo output: MatrixView, on workers: Workers) {
        Dispatch.combine(
            rows, weights: visits.map(\.weight), visits: visitsByToken, addingTo: output, on: workers)
    }

    /// Adds to each row of `inputGradient`, `[tokens, hidden]`, its token's rows, in slot order.
    ///
    /// - Parameter rows: the gradient of each visit's input, `[visits, hidden]`.
    package func addBack(_ rows: MatrixView, to inputGradient: MatrixView, on workers: Workers) {
        Dispatch.gatherBackward(rows, visits: visitsByToken, addingTo: inputGradient, on: workers)
    }

    /// For each token its visits, in slot order.
    private var visitsByToken: RowGroups {
        let (rows, offsets) = rowsByToken()
        return RowGroups(rows: rows, offsets: offsets)
    }
}
