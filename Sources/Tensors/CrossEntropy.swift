import CKernels

/// −log softmax(logits)[target], and its gradient.
package enum CrossEntropy {
    /// Replaces the logits by `scale` × ∂(sum of the losses) / ∂logits = `scale` × (softmax − 1 at the target).
    ///
    /// - Parameters:
    ///   - logits: `[tokens, vocabulary]`.
    ///   - targets: one for each row; a negative one is not counted, and its row's gradient is 0.
    /// - Returns: the sum of the losses (not scaled).
    package static func forwardAndBackward(
        _ logits: MatrixView, targets: [Int], scale: Float, on workers: Workers
    ) -> Double {
        check(logits, targets)
        return workers.sum(of: logits.rows, atLeast: rowsWorthATurn(logits)) { row in
            let at = logits.storage + row * logits.columns
            guard targets[row] >= 0 else {
                at.update(repeating: 0, count: logits.columns)
                return 0
            }
            return CPU.kernels.cross_entropy(at, logits.columns, targets[row], scale)
        }
    }

    /// The sum of the losses alone; the logits stay.
    package static func forward(_ logits: MatrixView, targets: [Int], on workers: Workers) -> Double {
        check(logits, targets)
        return workers.sum(of: logits.rows, atLeast: rowsWorthATurn(logits)) { row in
            guard targets[row] >= 0 else { return 0 }
            let at = logits.storage + row * logits.columns
            return CPU.kernels.log_sum_exp(at, logits.columns) - Double(at[targets[row]])
        }
    }

    private static func rowsWorthATurn(_ logits: MatrixView) -> Int { max(1, (8 << 10) / logits.columns) }

    private static func check(_ logits: MatrixView, _ targets: [Int]) {
        precondition(targets.count == logits.rows, "\(targets.count) targets for \(logits.rows) rows")
        for target in targets {
            precondition(target < logits.columns, "target \(target) of \(logits.columns)")
        }
    }
}
