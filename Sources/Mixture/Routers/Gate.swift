package import Tensors

/// Scores every expert for every token: one row of f32 weights for each expert.
///
/// The product never goes through BLAS: one fixed-order kernel serves one token and many, or routes would flip
/// between chunkings of a prompt.
package struct Gate: Sendable {
    /// `[experts, hidden]`, f32.
    package let weights: WeightMatrix

    package init(_ weights: WeightMatrix) {
        precondition(weights.format == .f32, "a gate in \(weights.format)")
        self.weights = weights
    }

    /// Scores `[tokens, experts]` of tokens that were loaded as floats.
    package func score(_ tokens: borrowing Activations, into scores: inout Matrix, on workers: Workers) {
        scores.use(rows: tokens.rows)
        scores.withView { workers.multiply(tokens, by: weights, into: $0, exact: true) }
    }
}
