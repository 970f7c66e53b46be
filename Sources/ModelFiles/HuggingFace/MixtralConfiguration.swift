import FoundationEssentials

/// A `config.json` as transformers 4 and 5 write it for Mixtral.
///
/// Decoded with keys converted from snake case.
struct MixtralConfiguration: Decodable, Sendable {
    var modelType: String?
    var architectures: [String]?
    var vocabSize: Int
    var hiddenSize: Int
    var numHiddenLayers: Int
    var numAttentionHeads: Int
    var numKeyValueHeads: Int?
    var headDim: Int?
    var intermediateSize: Int
    var numLocalExperts: Int
    var numExpertsPerTok: Int
    var rmsNormEps: Float
    var maxPositionEmbeddings: Int
    var slidingWindow: Int?
    var tieWordEmbeddings: Bool?
    var hiddenAct: String?
    /// Where transformers 4 has the base.
    var ropeTheta: Float?
    var ropeScaling: Rotation?
    /// Where transformers 5 has the base.
    var ropeParameters: Rotation?
    var attentionBias: Bool?
    var mlpBias: Bool?
    var partialRotaryFactor: Double?
    var quantizationConfig: Quantization?

    struct Rotation: Decodable, Sendable {
        var ropeType: String?
        var type: String?
        var ropeTheta: Float?
        var factor: Double?
        var partialRotaryFactor: Double?
    }

    struct Quantization: Decodable, Sendable {
        var quantMethod: String?
    }
}

/// The ids in `config.json` and `generation_config.json`.
struct TokenIDs: Decodable, Sendable {
    var bosTokenId: OneOrMore?
    var eosTokenId: OneOrMore?

    /// A number or a list of numbers.
    struct OneOrMore: Decodable, Sendable {
        let ids: [Int]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let id = try? container.decode(Int.self) {
                ids = [id]
            } else {
                ids = try container.decode([Int].self)
            }
        }
    }
}
