package import Tensors

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
    /// How keys and values are kept.
    package var keyValueFormat: KeyValueFormat
    /// How many tokens may pass again from where they did before.
    package var repeatableTokens: Int

    /// - Parameter repeatableTokens: at least those of a pass, which may end early.
    package init(
        tokens: Int, positions: Int, logitRows: Int = 16, keyValueFormat: KeyValueFormat = .f32,
        repeatableTokens: Int = 0
    ) {
        precondition(tokens >= 1 && positions >= tokens, "passes of \(tokens) tokens in \(positions) positions")
        precondition(logitRows >= 1, "\(logitRows) rows of logits")
        self.tokens = tokens
        self.positions = positions
        self.logitRows = min(tokens, logitRows)
        self.keyValueFormat = keyValueFormat
        self.repeatableTokens = max(tokens, repeatableTokens)
    }
}
