extension Architecture {
    private static let supported = "Supported are Mixtral models (model_type mixtral, silu, plain rotary embeddings)"
    /// transformers' default for Mixtral.
    private static let defaultRotaryBase: Float = 1_000_000

    /// The architecture that a `config.json` describes.
    ///
    /// - Throws: ``ModelFileError`` naming whatever would make the result differ from this project's forward pass.
    init(_ configuration: MixtralConfiguration, path: String) throws {
        func error(_ problem: String) -> ModelFileError {
            ModelFileError(path: path, problem: problem, remedy: Self.supported)
        }
        if let unsupported = configuration.unsupported { throw error(unsupported) }
        let heads = configuration.numAttentionHeads
        guard heads > 0 else { throw error("has num_attention_heads = \(heads)") }
        let headSize = configuration.headDim ?? configuration.hiddenSize / heads
        self = try Architecture(
            vocabularySize: configuration.vocabSize, hiddenSize: configuration.hiddenSize,
            layerCount: configuration.numHiddenLayers, headCount: heads,
            keyValueHeadCount: configuration.numKeyValueHeads ?? heads, headSize: headSize,
            intermediateSize: configuration.intermediateSize, expertCount: configuration.numLocalExperts,
            expertsPerToken: configuration.numExpertsPerTok, normEpsilon: configuration.rmsNormEps,
            rotaryBase: configuration.ropeParameters?.ropeTheta ?? configuration.ropeTheta ?? Self.defaultRotaryBase,
            rotaryPairing: .halves, rotaryDimensions: headSize, slidingWindow: configuration.slidingWindow,
            tiedEmbeddings: configuration.tieWordEmbeddings ?? false, contextLength: configuration.maxPositionEmbeddings
        ).validated(path: path)
    }
}

extension MixtralConfiguration {
    /// What of it would change the result and is not supported.
    fileprivate var unsupported: String? {
        if modelType != "mixtral" { return "has the model_type \(modelType ?? "null")" }
        if let other = architectures?.first(where: { $0 != "MixtralForCausalLM" }) {
            return "has the architecture \(other)"
        }
        if let hiddenAct, hiddenAct != "silu" { return "has the hidden_act \(hiddenAct)" }
        if let quantizationConfig {
            return "has quantized weights (quantization_config: \(quantizationConfig.quantMethod ?? "unnamed"))"
        }
        if attentionBias == true || mlpBias == true { return "has biases (attention_bias or mlp_bias)" }
        if let partialRotaryFactor, partialRotaryFactor != 1 {
            return "has partial_rotary_factor = \(partialRotaryFactor)"
        }
        return ropeScaling?.unsupported("rope_scaling") ?? ropeParameters?.unsupported("rope_parameters")
    }
}

extension MixtralConfiguration.Rotation {
    fileprivate func unsupported(_ key: String) -> String? {
        let type = ropeType ?? type ?? "default"
        guard type == "default" || (type == "linear" && factor == 1) else { return "has the \(key) type \(type)" }
        guard partialRotaryFactor ?? 1 == 1 else { return "rotates only a part of each head (\(key))" }
        return nil
    }
}
