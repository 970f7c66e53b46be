import Foundation

/// How likely a model finds a text.
public struct TextScore: Codable, Sendable {
    /// The ids that were scored, any beginning token included.
    public var tokens: [Int]
    /// The natural logarithm of each token's probability after all before it; nil for the first.
    public var logprobs: [Double?]
    /// exp of the mean negative log-probability, or the greatest finite number; 1 where no token has a log-probability.
    public var perplexity: Double
    public var statistics: RunStatistics

    init(tokens: [Int], logprobs: [Double?], statistics: RunStatistics) {
        self.tokens = tokens
        self.logprobs = logprobs
        self.statistics = statistics
        let known = logprobs.compactMap(\.self)
        let mean = -known.reduce(0, +) / Double(known.count)
        perplexity = known.isEmpty ? 1 : min(exp(mean), .greatestFiniteMagnitude)
    }
}
