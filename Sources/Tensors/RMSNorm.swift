import CKernels

/// Division of each row by the root of its mean square (Zhang and Sennrich, 2019, arXiv 1910.07467).
///
/// A norm of every head by itself is that of a reshaped view.
package enum RMSNorm {
    /// `output` = each row / sqrt(mean of its squares + epsilon) × `weight`.
    ///
    /// - Parameters:
    ///   - input: `[rows, columns]`.
    ///   - weight: `[1, columns]`.
    ///   - output: `[rows, columns]`; may be the input.
    package static func forward(
        _ input: MatrixView, weight: MatrixView, epsilon: Float, into output: MatrixView, on workers: Workers
    ) {
        check(input, weight: weight, output)
        let columns = input.columns
        workers.forEachChunk(of: input.rows, atLeast: rowsWorthATurn(columns)) { _, rows in
            for row in rows {
                let at = row * columns
                CPU.kernels.rms_norm(input.storage + at, weight.storage, columns, epsilon, output.storage + at)
            }
        }
    }

    /// With r = 1 / sqrt(mean of squares + ε): ∂weight += Σ ∂y x r, and ∂x = r (∂y weight − x r² mean(∂y weight x)).
    ///
    /// - Parameters:
    ///   - gradient: that of the output, `[rows, columns]`.
    ///   - input: as it was given to ``forward(_:weight:epsilon:into:on:)``.
    ///   - inputGradient: `[rows, columns]`; may be `gradient` unless it is added to.
    ///   - adds: whether the gradient is added to `inputGradient` instead of replacing it.
    ///   - weightGradient: `[1, columns]`, added to.
    package static func backward(
        _ gradient: MatrixView, input: MatrixView, weight: MatrixView, epsilon: Float,
        into inputGradient: MatrixView, adding adds: Bool = false, weightGradient: MatrixView, on workers: Workers
    ) {
        check(input, weight: weight, inputGradient)
        check(gradient, weight: weightGradient, inputGradient)
        let columns = input.columns
        let least = rowsWorthATurn(columns)
        var sums = Matrix(rows: Workers.chunks(of: input.rows, atLeast: least), columns: columns)
        sums.withView { sums in
            workers.forEachChunk(of: input.rows, atLeast: least) { chunk, rows in
                for row in rows {
                    let at = row * columns
                    CPU.kernels.rms_norm_backward(
                        gradient.storage + at, input.storage + at, weight.storage, columns, epsilon,
                        inputGradient.storage + at, sums.storage + chunk * columns, adds)
                }
            }
            for chunk in 0..<sums.rows {
                CPU.kernels.add(sums.storage + chunk * columns, columns, weightGradient.storage)
            }
        }
    }

    private static func rowsWorthATurn(_ columns: Int) -> Int { max(1, (16 << 10) / columns) }

    private static func check(_ matrix: MatrixView, weight: MatrixView, _ other: MatrixView) {
        precondition(
            weight.rows == 1 && weight.columns == matrix.columns,
            "\(weight.rows) × \(weight.columns) weights for \(matrix.columns) columns")
        precondition(
            matrix.rows == other.rows && matrix.columns == other.columns,
            "\(matrix.rows) × \(matrix.columns) beside \(other.rows) × \(other.columns)")
    }
}
