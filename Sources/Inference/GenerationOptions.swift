/// How far a text is continued, and how.
public struct GenerationOptions: Sendable {
    /// Tokens to write at most.
    public var newTokens = 256
    /// Whether the model's own end-of-text tokens end the text.
    public var stopsAtEnd = true
    /// Strings that end the text; they are not printed.
    public var stopStrings: [String] = []
    public var sampling = SamplingOptions()

    public init() {}
}

extension GenerationOptions {
    /// - Throws: ``InferenceError`` for a number that nothing can be done with.
    func check() throws {
        try InferenceError.check("newTokens", newTokens, 0...Int.max)
        try sampling.check()
    }
}
