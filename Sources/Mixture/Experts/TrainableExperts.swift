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
        fileprivate let gathered: RowBuffer
        fileprivate let gate: RowBuffer
        fileprivate let up: RowBuffer
        fileprivate let inner: RowBuffer
        fileprivate let outputs: RowBuffer
        fileprivate let innerGradient: RowBuffer

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

    package init(experts: Int, weights: Tensors, gradients: Tensors) {
        self.experts = experts
        self.weights = weights
        self.gradients = gradients
    }

    /// Adds to each row of `output` what its token's experts make of the row of `input`, both `[tokens, hidden]`.
    package func forward(
        _ input: MatrixView, _ assignment: Assignment, addingTo output: MatrixView, _ memory: Memory,
        on workers: Workers
    ) {
        let visits = assignment.visits.count
        let gathered = memory.gathered.rows(visits)
        let (gate, up, inner) = (memory.gate.rows(visits), memory.up.rows(visits), memory.inner.rows(visits))
        let outputs = memory.outputs.rows(visits)
        Dispatch.gather(input, tokens: assignment.visits.map(\.token), into: gathered, on: workers)
        multiply(assignment, on: workers) { expert, rows in
            let input = gathered.rows(rows)
            return [
                .init(input, by: weights.gate[expert, of: experts], transposed: true, into: gate.rows(rows)),
                .init(input, by: weights.up[expert, of: experts], transposed: true, into: up.rows(rows)),
            ]
        }
        SwiGLU.forward(gate: gate, up: up, into: inner, on: workers)
        multiply(assignment, on: workers) { expert, rows in
            [.init(inner.rows(rows), by: weights.down[expert, of: experts], transposed: true, into: outputs.rows(rows))]
        }
        Dispatch.combine(
            outputs, weights: assignment.visits.map(\.weight), visits: assignment.visitsByToken, addingTo: output,
            on: workers)
    }

    /// Adds the gradient of the input to `inputGradient`, and those of the weights to ``gradients``.
    ///
    /// - Parameter gradient: of the output, `[tokens, hidden]`.
    /// - Returns: the gradient of each visit's weight, in the order of the assignment.
    package func backward(
        _ gradient: MatrixView, _ assignment: Assignment, addingTo inputGradient: MatrixView, _ memory: Memory,
        on workers: Workers
    ) -> [Float] {
        let (gathered, inner) = (memory.gathered.view, memory.inner.view)
        let (gate, up, outputs) = (memory.gate.view, memory.up.view, memory.outputs.view)
        let innerGradient = memory.innerGradient.rows(assignment.visits.count)
        // What is needed no longer makes room for its own gradient.
        let weightGradients = Dispatch.combineBackward(
            gradient, visitRows: outputs, weights: assignment.visits.map(\.weight),
            tokens: assignment.visits.map(\.token), into: outputs, on: workers)
        multiply(assignment, on: workers) { expert, rows in
            let output = outputs.rows(rows)
            return [
                .init(output, by: weights.down[expert, of: experts], into: innerGradient.rows(rows)),
                .init(
                    output, transposed: true, by: inner.rows(rows), into: gradients.down[expert, of: experts],
                    adding: true),
            ]
        }
        SwiGLU.backward(innerGradient, gate: gate, up: up, gateGradient: gate, upGradient: up, on: workers)
        multiply(assignment, on: workers) { expert, rows in
            let input = gathered.rows(rows)
            return [
                .init(
                    gate.rows(rows), transposed: true, by: input, into: gradients.gate[expert, of: experts],
                    adding: true),
                .init(
                    up.rows(rows), transposed: true, by: input, into: gradients.up[expert, of: experts], adding: true),
                .init(gate.rows(rows), by: weights.gate[expert, of: experts], into: outputs.rows(rows)),
            ]
        }
        multiply(assignment, on: workers) { expert, rows in
            [.init(up.rows(rows), by: weights.up[expert, of: experts], into: outputs.rows(rows), adding: true)]
        }
        Dispatch.gatherBackward(outputs, visits: assignment.visitsByToken, addingTo: inputGradient, on: workers)
        return weightGradients
    }

    /// Multiplies for every visited expert, all in one parallel loop.
    private func multiply(
        _ assignment: Assignment, on workers: Workers,
        _ products: (_ expert: Int, _ rows: Range<Int>) -> [Workers.DenseProduct]
    ) {
        workers.multiply(assignment.visitedExperts.flatMap { products($0.expert, assignment[$0.expert].indices) })
    }
}

extension Assignment {
    /// For each token its visits, in slot order.
    fileprivate var visitsByToken: RowGroups {
        let (rows, offsets) = rowsByToken()
        return RowGroups(rows: rows, offsets: offsets)
    }
}

extension MatrixView {
    /// One of `count` matrices that lie one below the other.
    fileprivate subscript(index: Int, of count: Int) -> MatrixView {
        let height = rows / count
        return rows(index * height..<(index + 1) * height)
    }
}
