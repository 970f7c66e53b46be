import Tensors

/// Random factors on what the router sees, and on nothing else (Fedus et al., 2021, arXiv 2101.03961, §2.2).
struct Jitter: Sendable {
    /// Factors are between 1 − this and 1 + this.
    let halfWidth: Float
    let batch: RoutingBatch

    private static let rowsPerTile = 64

    /// `result` = `hidden` ⊙ factors, both `[tokens, hidden]`.
    func apply(_ hidden: MatrixView, into result: MatrixView, on workers: Workers) {
        forEachRow(hidden.rows, on: workers) { row, random in
            hidden.withRow(row) { hidden in
                result.rows(row..<row + 1).withMutableValues { result in
                    for column in hidden.indices { result[column] = hidden[column] * factor(&random) }
                }
            }
        }
    }

    /// Adds to `hidden` the gradient of what went through the same factors.
    func addGradient(_ gradient: MatrixView, to hidden: MatrixView, on workers: Workers) {
        forEachRow(hidden.rows, on: workers) { row, random in
            gradient.withRow(row) { gradient in
                hidden.rows(row..<row + 1).withMutableValues { hidden in
                    for column in gradient.indices { hidden[column] += gradient[column] * factor(&random) }
                }
            }
        }
    }

    private func factor(_ random: inout RandomNumbers) -> Float { 1 + halfWidth * (2 * random.uniform() - 1) }

    private func forEachRow(_ rows: Int, on workers: Workers, _ body: @Sendable (Int, inout RandomNumbers) -> Void) {
        workers.forEach((rows + Self.rowsPerTile - 1) / Self.rowsPerTile) { tile in
            for row in tile * Self.rowsPerTile..<min((tile + 1) * Self.rowsPerTile, rows) {
                var random = batch.random(for: .jitter, row: row)
                body(row, &random)
            }
        }
    }
}
