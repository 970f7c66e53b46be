import CKernels

/// Rows on their way from tokens to visits and back.
///
/// A visit is one row of what the experts work on; `tokens[v]` is the token of visit v, and `visits[t]` are the visits of token t
/// in the order in which they are added.
package enum Dispatch {
    /// `visitRows[v]` = `input[tokens[v]]`.
    package static func gather(
        _ input: MatrixView, tokens: [Int], into visitRows: MatrixView, on workers: Workers
    ) {
        check(input, tokens, visitRows)
        let columns = input.columns
        workers.forEachChunk(of: tokens.count, atLeast: rowsWorthATurn(columns)) { _, range in
            for visit in range {
                (visitRows.storage + visit * columns)
                    .update(from: input.storage + tokens[visit] * columns, count: columns)
            }
        }
    }

    /// The gradient of ``gather(_:tokens:into:on:)``: `inputGradient[t]` += Σ `gradient[v]` over the visits of t, in their order.
    package static func gatherBackward(
        _ gradient: MatrixView, visits: RowGroups, addingTo inputGradient: MatrixView, on workers: Workers
    ) {
        check(gradient, visits, inputGradient)
        let columns = gradient.columns
        workers.forEachChunk(of: visits.count, atLeast: rowsWorthATurn(columns)) { _, range in
            for token in range {
                for visit in visits[token] {
                    CPU.kernels.add(
                        gradient.storage + visit * columns, columns, inputGradient.storage + token * columns)
                }
            }
        }
    }

    /// `output[t]` += Σ `weights[v]` × `visitRows[v]` over the visits of t, in their order.
    package static func combine(
        _ visitRows: MatrixView, weights: [Float], visits: RowGroups, addingTo output: MatrixView, on workers: Workers
    ) {
        check(visitRows, visits, output)
        precondition(weights.count == visitRows.rows, "\(weights.count) weights for \(visitRows.rows) visits")
        let columns = output.columns
        workers.forEachChunk(of: visits.count, atLeast: rowsWorthATurn(columns)) { _, range in
            for token in range {
                for visit in visits[token] {
                    CPU.kernels.add_weighted(
                        visitRows.storage + visit * columns, weights[visit], columns, output.storage + token * columns)
                }
            }
        }
    }

    /// The gradients of ``combine(_:weights:visits:addingTo:on:)``: `visitGradient[v]` = `weights[v]` × `gradient[tokens[v]]`.
    ///
    /// - Parameters:
    ///   - gradient: that of the output, `[tokens, columns]`.
    ///   - visitRows: as they were combined; may be `visitGradient` itself.
    /// - Returns: for each visit ∂ / ∂weight = <`gradient[tokens[v]]`, `visitRows[v]`>.
    package static func combineBackward(
        _ gradient: MatrixView, visitRows: MatrixView, weights: [Float], tokens: [Int],
        into visitGradient: MatrixView, on workers: Workers
    ) -> [Float] {
        check(gradient, tokens, visitRows)
        check(gradient, tokens, visitGradient)
        precondition(weights.count == tokens.count, "\(weights.count) weights for \(tokens.count) visits")
        var dots = Matrix(rows: 1, columns: max(1, tokens.count))
        let columns = gradient.columns
        return dots.withView { dots in
            workers.forEachChunk(of: tokens.count, atLeast: rowsWorthATurn(columns)) { _, range in
                for visit in range {
                    let (from, at) = (gradient.storage + tokens[visit] * columns, visit * columns)
                    dots.storage[visit] = CPU.kernels.dot(from, visitRows.storage + at, columns)
                    CPU.kernels.multiply_by(from, weights[visit], columns, visitGradient.storage + at)
                }
            }
            return (0..<tokens.count).map { dots.storage[$0] }
        }
    }

    private static func rowsWorthATurn(_ columns: Int) -> Int { max(1, (16 << 10) / columns) }

    private static func check(_ tokenRows: MatrixView, _ tokens: [Int], _ visitRows: MatrixView) {
        precondition(
            visitRows.rows == tokens.count && visitRows.columns == tokenRows.columns,
            "\(tokens.count) visits of \(tokenRows.columns) columns in \(visitRows.rows) × \(visitRows.columns)")
        for token in tokens {
            precondition(token >= 0 && token < tokenRows.rows, "token \(token) of \(tokenRows.rows)")
        }
    }

    private static func check(_ visitRows: MatrixView, _ visits: RowGroups, _ tokenRows: MatrixView) {
        precondition(
            visits.count == tokenRows.rows && visitRows.columns == tokenRows.columns,
            "\(visits.count) tokens of \(visitRows.columns) columns in \(tokenRows.rows) × \(tokenRows.columns)")
        for visit in visits.rows {
            precondition(visit >= 0 && visit < visitRows.rows, "visit \(visit) of \(visitRows.rows)")
        }
    }
}
