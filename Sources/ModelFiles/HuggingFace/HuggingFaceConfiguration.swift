import FoundationEssentials

/// A `config.json` as transformers 4 and 5 write it for models with experts; what not all of them have is optional.
///
/// Decoded with keys converted from snake case, and written the other way.
struct HuggingFaceConfiguration: Codable, Sendable {
    var modelType: String?
    var architectures: [String]?
    var vocabSize: Int
    var hiddenSize: Int
    var numHiddenLayers: Int
    var numAttentionHeads: Int
    var numKeyValueHeads: Int?
    var headDim: Int?
    /// Width of an expert of Mixtral's; of a layer without experts elsewhere.
    var intermediateSize: Int?
    /// What Mixtral and GLM call the experts, and what the Qwens do.
    var numLocalExperts: Int?
    var numExperts: Int?
    var numExpertsPerTok: Int?
    /// Width of an expert where it is not Mixtral's.
    var moeIntermediateSize: Int?
    /// Whether the weights of the chosen experts are made to sum to 1.
    var normTopkProb: Bool?
    var rmsNormEps: Float?
    var maxPositionEmbeddings: Int?
    var slidingWindow: Int?
    var useSlidingWindow: Bool?
    /// From which layer on there is a window.
    var maxWindowLayers: Int?
    var layerTypes: [String]?
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
    var dtype: String?
    /// Layers without experts: every how many-th has some, and which have none.
    var decoderSparseStep: Int?
    var mlpOnlyLayers: [Int]?
    /// Qwen2-MoE's.
    var sharedExpertIntermediateSize: Int?
    var qkvBias: Bool?
    /// GLM-4's.
    var nRoutedExperts: Int?
    var nSharedExperts: Int?
    var nGroup: Int?
    var topkGroup: Int?
    var routedScalingFactor: Float?
    var firstKDenseReplace: Int?
    var numNextnPredictLayers: Int?
    var useQkNorm: Bool?

    struct Rotation: Codable, Sendable {
        var ropeType: String?
        var type: String?
        var ropeTheta: Float?
        var factor: Double?
        var partialRotaryFactor: Double?
    }

    struct Quantization: Codable, Sendable {
        var quantMethod: String?
    }
}
