/// The sizes that a model's working memory is made for.
package struct PassLimits: Sendable, Equatable {
    /// Tokens that pass the layers together.
    package var tokens: Int
    /// Positions of the key/value cache.
    package var positions: Int
    /// Tokens that pass attention together; bounds the memory for it and changes no bit.
    package var attentionTokens: Int { min(tokens, 128) }
    /// Rows of logits made together; changes no bit.
    package var logitRows: Int

    package init(tokens: Int, positions: Int, logitRows: Int = 16) {
        precondition(tokens >= 1 && positions >= tokens, "passes of \(tokens) tokens in \(positions) positions")
        precondition(logitRows >= 1, "\(logitRows) rows of logits")
        self.tokens = tokens
        self.positions = positions
        self.logitRows = min(tokens, logitRows)
    }
}
