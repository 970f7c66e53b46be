/// How decided a gate was about a token, from the softmax of its scores over all experts of the layer.
///
/// Confidence is not balance: a gate may be sure of every token and yet use all experts alike, or waver and collapse.
public struct GateReading: Codable, Sendable, Equatable {
    /// The greatest probability.
    public var confidence: Float
    /// The greatest less the second greatest.
    public var margin: Float
    /// In nats, at most ln E.
    public var entropy: Float

    public init(confidence: Float, margin: Float, entropy: Float) {
        self.confidence = confidence
        self.margin = margin
        self.entropy = entropy
    }

    /// What is null, as JSON writes a number that is none, is not known.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        confidence = try fields.decodeIfPresent(Float.self, forKey: .confidence) ?? .nan
        margin = try fields.decodeIfPresent(Float.self, forKey: .margin) ?? .nan
        entropy = try fields.decodeIfPresent(Float.self, forKey: .entropy) ?? .nan
    }
}
