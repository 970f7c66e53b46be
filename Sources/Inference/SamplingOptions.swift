/// How the next token is chosen from the logits.
public struct SamplingOptions: Sendable, Codable, Equatable {
    /// Divides the logits; 0 takes the likeliest token (greedy).
    public var temperature: Float = 0
    /// Keeps the k likeliest tokens; 0 keeps all.
    public var topK = 0
    /// Keeps the smallest set of likeliest tokens with at least this probability (Holtzman et al., 2020, arXiv 1904.09751).
    public var topP: Float = 1
    /// Drops tokens less likely than this share of the likeliest (Nguyen et al., 2024, arXiv 2407.01082).
    public var minP: Float = 0
    /// Divides positive and multiplies negative logits of recent tokens (Keskar et al., 2019, arXiv 1909.05858); 1 is off.
    public var repetitionPenalty: Float = 1
    /// How many of the last tokens count as recent.
    public var repetitionWindow = 64
    public var seed: UInt64 = 0

    public init() {}
}

extension SamplingOptions {
    /// - Throws: ``InferenceError`` for a number that nothing can be done with.
    func check() throws {
        try InferenceError.check("temperature", temperature, 0...Float.greatestFiniteMagnitude)
        try InferenceError.check("topK", topK, 0...Int.max)
        try InferenceError.check("topP", topP, Float.leastNonzeroMagnitude...1)
        try InferenceError.check("minP", minP, 0...1)
        try InferenceError.check(
            "repetitionPenalty", repetitionPenalty, Float.leastNonzeroMagnitude...Float.greatestFiniteMagnitude)
        try InferenceError.check("repetitionWindow", repetitionWindow, 0...Int.max)
    }
}
