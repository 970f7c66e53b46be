/// Rows of a table, one for each token.
package enum Embedding {
    /// `output[i]` = `table[tokens[i]]`.
    package static func forward(
        _ table: MatrixView, tokens: [Int], into output: MatrixView, on workers: Workers
    ) {
        Dispatch.gather(table, tokens: tokens, into: output, on: workers)
    }

    /// `tableGradient[tokens[i]]` += `gradient[i]`, a token's rows in ascending order.
    package static func backward(
        _ gradient: MatrixView, tokens: [Int], tableGradient: MatrixView, on workers: Workers
    ) {
        precondition(tokens.count == gradient.rows, "\(tokens.count) tokens for \(gradient.rows) rows")
        Dispatch.gatherBackward(
            gradient, visits: RowGroups(by: tokens, count: tableGradient.rows), addingTo: tableGradient, on: workers)
    }
}
