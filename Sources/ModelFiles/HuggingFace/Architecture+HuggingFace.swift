extension Architecture {
    private static let supported =
        "Supported are Mixtral and Qwen3-MoE models (model_type mixtral or qwen3_moe, silu, plain rotary embeddings)"
    /// transformers' default for Mixtral.
    private static let defaultRotaryBase: Float = 1_000_000

    /// The architecture that a `config.json` describes.
    ///
    /// - Throws: ``ModelFileError`` naming whatever would make the result differ from this project's forward pass.
    init(_ configuration: HuggingFaceConfiguration, path: String) throws {
        func error(_ problem: String) -> ModelFileError {
            ModelFileError(path: path, problem: problem, remedy: Self.supported)
        }
        func required(_ value: Int?, _ key: String) throws -> Int {
            guard let value else { throw ModelFileError(path: path, problem: "has no value for \(key)") }
            return value
        }
        if let unsupported = configuration.unsupported { throw error(unsupported) }
        let heads = configuration.numAttentionHeads
        guard heads > 0 else { throw error("has num_attention_heads = \(heads)") }
        let headSize = configuration.headDim ?? configuration.hiddenSize / heads
        let isMixtral = configuration.isMixtral
        self = try Architecture(
            vocabularySize: configuration.vocabSize, hiddenSize: configuration.hiddenSize,
            layerCount: configuration.numHiddenLayers, headCount: heads,
            keyValueHeadCount: configuration.numKeyValueHeads ?? heads, headSize: headSize,
            intermediateSize: isMixtral
                ? configuration.intermediateSize
                : required(configuration.moeIntermediateSize, "moe_intermediate_size"),
            expertCount: isMixtral
                ? required(configuration.numLocalExperts, "num_local_experts")
                : required(configuration.numExperts ?? configuration.numLocalExperts, "num_experts"),
            expertsPerToken: configuration.numExpertsPerTok, normEpsilon: configuration.rmsNormEps,
            rotaryBase: configuration.ropeParameters?.ropeTheta ?? configuration.ropeTheta ?? Self.defaultRotaryBase,
            rotaryPairing: .halves, rotaryDimensions: headSize,
            slidingWindow: isMixtral || configuration.useSlidingWindow == true ? configuration.slidingWindow : nil,
            tiedEmbeddings: configuration.tieWordEmbeddings ?? false,
            contextLength: configuration.maxPositionEmbeddings,
            routing: isMixtral || configuration.normTopkProb == true
                ? .mixtral : Routing(name: "top-k", weighting: .softmax),
            qkNorm: !isMixtral
        ).validated(path: path)
    }
}

extension HuggingFaceConfiguration {
    fileprivate var isMixtral: Bool { modelType == "mixtral" }

    /// What the tensors are called.
    var tensorNames: TensorNames { isMixtral ? .mixtral : .qwen3MoE }

    /// What of it would change the result and is not supported.
    fileprivate var unsupported: String? {
        let supported = ["mixtral": "MixtralForCausalLM", "qwen3_moe": "Qwen3MoeForCausalLM"]
        guard let supported = supported[modelType ?? ""] else { return "has the model_type \(modelType ?? "null")" }
        if let other = architectures?.first(where: { $0 != supported }) { return "has the architecture \(other)" }
        if let hiddenAct, hiddenAct != "silu" { return "has the hidden_act \(hiddenAct)" }
        if let quantizationConfig {
            return "has quantized weights (quantization_config: \(quantizationConfig.quantMethod ?? "unnamed"))"
        }
        if attentionBias == true || mlpBias == true { return "has biases (attention_bias or mlp_bias)" }
        if decoderSparseStep ?? 1 != 1 || mlpOnlyLayers ?? [] != [] {
            return "has layers without experts (decoder_sparse_step or mlp_only_layers)"
        }
        if let partialRotaryFactor, partialRotaryFactor != 1 {
            return "has partial_rotary_factor = \(partialRotaryFactor)"
        }
        return ropeScaling?.unsupported("rope_scaling") ?? ropeParameters?.unsupported("rope_parameters")
    }
}

extension HuggingFaceConfiguration.Rotation {
    fileprivate func unsupported(_ key: String) -> String? {
        let type = ropeType ?? type ?? "default"
        guard type == "default" || (type == "linear" && factor == 1) else { return "has the \(key) type \(type)" }
        guard partialRotaryFactor ?? 1 == 1 else { return "rotates only a part of each head (\(key))" }
        return nil
    }
}
