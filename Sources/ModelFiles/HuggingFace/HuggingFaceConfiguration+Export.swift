import Tensors

extension HuggingFaceConfiguration {
    /// What transformers must know of a model that is written in a form.
    ///
    /// - Parameter type: that of its matrices.
    init(_ architecture: Architecture, _ form: ExportForm, type: WeightFormat) {
        modelType = form.name
        architectures = Self.classes[form.name].map { [$0] }
        vocabSize = architecture.vocabularySize
        hiddenSize = architecture.hiddenSize
        numHiddenLayers = architecture.layerCount
        numAttentionHeads = architecture.headCount
        numKeyValueHeads = architecture.keyValueHeadCount
        headDim = architecture.headSize
        intermediateSize = architecture.intermediateSize
        numExpertsPerTok = architecture.expertsPerToken
        rmsNormEps = architecture.normEpsilon
        maxPositionEmbeddings = architecture.contextLength
        slidingWindow = architecture.slidingWindow
        tieWordEmbeddings = architecture.tiedEmbeddings
        hiddenAct = "silu"
        ropeTheta = architecture.rotaryBase
        ropeParameters = Rotation(
            ropeType: "default", ropeTheta: architecture.rotaryBase,
            partialRotaryFactor: Double(architecture.rotaryDimensions) / Double(architecture.headSize))
        dtype = Self.types[type]
        switch form.name {
        case "mixtral": numLocalExperts = architecture.expertCount
        case "qwen3_moe", "qwen2_moe": sayQwen(architecture, form)
        default: sayGLM(architecture)
        }
    }

    private static let classes = [
        "mixtral": "MixtralForCausalLM", "qwen3_moe": "Qwen3MoeForCausalLM", "qwen2_moe": "Qwen2MoeForCausalLM",
        "glm4_moe": "Glm4MoeForCausalLM",
    ]

    private static let types: [WeightFormat: String] = [.f32: "float32", .f16: "float16", .bf16: "bfloat16"]

    private mutating func sayQwen(_ architecture: Architecture, _ form: ExportForm) {
        numExperts = architecture.expertCount
        moeIntermediateSize = architecture.intermediateSize
        normTopkProb = architecture.routing.weighting != .softmax
        decoderSparseStep = 1
        mlpOnlyLayers = []
        useSlidingWindow = architecture.slidingWindow != nil
        guard form.name == "qwen2_moe" else { return }
        sharedExpertIntermediateSize = form.target(architecture).sharedIntermediateSize
        qkvBias = false
    }

    private mutating func sayGLM(_ architecture: Architecture) {
        nRoutedExperts = architecture.expertCount
        moeIntermediateSize = architecture.intermediateSize
        nSharedExperts =
            (architecture.sharedIntermediateSize ?? architecture.intermediateSize)
            / architecture.intermediateSize
        nGroup = architecture.routing.groups
        topkGroup = architecture.routing.allowedGroups
        routedScalingFactor = architecture.routing.scale
        normTopkProb = architecture.routing.weighting == .sigmoidOfChosen
        useQkNorm = architecture.qkNorm
        firstKDenseReplace = 0
        numNextnPredictLayers = 0
        attentionBias = false
    }
}
