import ModelFiles
import Tensors

/// The last norm, the logits, and the cross-entropy of the next tokens.
struct OutputHead {
    /// The weights, or their gradients.
    struct Tensors {
        let norm: MatrixView
        /// `[vocabulary, hidden]`; the token embedding when the model ties them.
        let output: MatrixView

        init(_ block: ParameterBlock) {
            norm = block["output_norm"]
            output = block.tensor("output") ?? block["token_embedding"]
        }
    }

    final class Memory {
        let normed, normedGradient, logits: RowBuffer

        init(_ architecture: Architecture) {
            normed = RowBuffer(columns: architecture.hiddenSize)
            normedGradient = RowBuffer(columns: architecture.hiddenSize)
            logits = RowBuffer(columns: architecture.vocabularySize)
        }
    }

    let epsilon: Float
    let weights: Tensors
    let gradients: Tensors

    init(_ architecture: Architecture, _ parameters: ParameterBlock, _ gradients: ParameterBlock) {
        epsilon = architecture.normEpsilon
        weights = Tensors(parameters)
        self.gradients = Tensors(gradients)
    }

    /// The sum of each sequence's cross-entropy, in nats.
    ///
    /// - Parameters:
    ///   - targets: the token after each row; negative where none is asked for.
    ///   - context: rows of a sequence.
    func losses(
        _ input: MatrixView, targets: [Int], context: Int, _ memory: Memory, on workers: Workers
    ) -> [Double] {
        let normed = memory.normed.rows(input.rows)
        RMSNorm.forward(input, weight: weights.norm, epsilon: epsilon, into: normed, on: workers)
        let step = max(context, rowsAtOnce / context * context)
        return chunks(of: input.rows, step).flatMap { rows in
            let logits = memory.logits.rows(rows.count)
            workers.multiply(normed.rows(rows), by: weights.output, transposed: true, into: logits)
            return chunks(of: rows.count, context).map { sequence in
                let first = rows.lowerBound + sequence.lowerBound
                return CrossEntropy.forward(
                    logits.rows(sequence), targets: Array(targets[first..<first + sequence.count]), on: workers)
            }
        }
    }

    /// The sum of all rows' cross-entropy, in nats; leaves the gradient of `scale` × that sum in `inputGradient` and adds
    /// to those of the weights.
    func lossAndGradient(
        _ input: MatrixView, targets: [Int], scale: Float, into inputGradient: MatrixView, _ memory: Memory,
        on workers: Workers
    ) -> Double {
        let normed = memory.normed.rows(input.rows)
        let normedGradient = memory.normedGradient.rows(input.rows)
        RMSNorm.forward(input, weight: weights.norm, epsilon: epsilon, into: normed, on: workers)
        var loss = 0.0
        for rows in chunks(of: input.rows, rowsAtOnce) {
            let logits = memory.logits.rows(rows.count)
            workers.multiply(normed.rows(rows), by: weights.output, transposed: true, into: logits)
            loss += CrossEntropy.forwardAndBackward(
                logits, targets: Array(targets[rows]), scale: scale, on: workers)
            workers.multiply([
                .init(logits, by: weights.output, into: normedGradient.rows(rows)),
                .init(logits, transposed: true, by: normed.rows(rows), into: gradients.output, adding: true),
            ])
        }
        RMSNorm.backward(
            normedGradient, input: input, weight: weights.norm, epsilon: epsilon, into: inputGradient, adding: false,
            weightGradient: gradients.norm, on: workers)
        return loss
    }

    /// Rows of logits made together: about 4 MiB.
    private var rowsAtOnce: Int { max(64, (1 << 20) / weights.output.rows) }

    private func chunks(of rows: Int, _ step: Int) -> [Range<Int>] {
        stride(from: 0, to: rows, by: step).map { $0..<min($0 + step, rows) }
    }
}
