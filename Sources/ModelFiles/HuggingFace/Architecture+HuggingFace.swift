extension Architecture {
    /// The architecture that a `config.json` describes.
    ///
    /// - Parameter settings: the same file, by its own keys.
    /// - Throws: ``ModelFileError`` naming whatever would make the result differ from this project's forward pass.
    init(
        _ configuration: HuggingFaceConfiguration, _ family: HuggingFaceFamily, settings: [String: JSONValue],
        path: String
    ) throws {
        func required(_ value: Int?, _ key: String) throws -> Int {
            guard let value else { throw ModelFileError(path: path, problem: "has no value for \(key)") }
            return value
        }
        if let problem = configuration.unsupported(family, settings) ?? family.unsupported(settings) {
            throw ModelFileError(path: path, problem: problem, remedy: HuggingFaceFamily.supported)
        }
        let heads = configuration.numAttentionHeads
        guard heads > 0 else { throw ModelFileError(path: path, problem: "has num_attention_heads = \(heads)") }
        let headSize = configuration.headDim ?? configuration.hiddenSize / heads
        // null stands for as many as there are heads.
        let keyValueHeads = settings["num_key_value_heads"] == nil ? family.keyValueHeads : heads
        let isMixtral = family.modelType == "mixtral"
        self = try Architecture(
            vocabularySize: configuration.vocabSize, hiddenSize: configuration.hiddenSize,
            layerCount: configuration.numHiddenLayers, headCount: heads,
            keyValueHeadCount: configuration.numKeyValueHeads ?? keyValueHeads, headSize: headSize,
            intermediateSize: isMixtral
                ? required(configuration.intermediateSize, "intermediate_size")
                : required(configuration.moeIntermediateSize, "moe_intermediate_size"),
            expertCount: isMixtral
                ? required(configuration.numLocalExperts ?? configuration.numExperts, "num_local_experts")
                : required(configuration.numExperts ?? configuration.numLocalExperts, "num_experts"),
            expertsPerToken: configuration.numExpertsPerTok ?? family.expertsPerToken,
            normEpsilon: configuration.rmsNormEps ?? family.normEpsilon,
            rotaryBase: configuration.rotaryBases.first ?? family.rotaryBase,
            rotaryPairing: .halves, rotaryDimensions: headSize,
            slidingWindow: configuration.window(family, settings),
            tiedEmbeddings: configuration.tieWordEmbeddings ?? false,
            contextLength: configuration.maxPositionEmbeddings ?? family.contextLength,
            routing: isMixtral || configuration.normTopkProb == true
                ? .mixtral : Routing(name: "top-k", weighting: .softmax),
            qkNorm: family.normalizesHeads
        ).validated(path: path)
    }
}

extension HuggingFaceFamily {
    static let supported =
        "Supported are Mixtral and Qwen3-MoE models (model_type mixtral or qwen3_moe, silu, plain rotary embeddings)"

    /// The family of a `config.json`.
    ///
    /// - Throws: ``ModelFileError`` when it is none that is read.
    init(_ configuration: HuggingFaceConfiguration, path: String) throws {
        guard let family = Self.all.first(where: { $0.modelType == configuration.modelType }) else {
            throw ModelFileError(
                path: path, problem: "has the model_type \(configuration.modelType ?? "null")", remedy: Self.supported)
        }
        self = family
    }
}

extension HuggingFaceConfiguration {
    /// The base wherever it is said, the place first that goes first in transformers 5.
    fileprivate var rotaryBases: [Float] {
        [ropeScaling?.ropeTheta, ropeParameters?.ropeTheta, ropeTheta].compactMap(\.self).uniqued()
    }

    fileprivate func window(_ family: HuggingFaceFamily, _ settings: [String: JSONValue]) -> Int? {
        guard family.modelType == "qwen3_moe" else { return slidingWindow }
        guard useSlidingWindow == true else { return nil }
        return settings["sliding_window"] == nil ? 4096 : slidingWindow
    }

    /// What of it would change the result and is not supported.
    fileprivate func unsupported(_ family: HuggingFaceFamily, _ settings: [String: JSONValue]) -> String? {
        if let other = architectures?.first(where: { $0 != family.className }) {
            return "has the architecture \(other)"
        }
        if let quantizationConfig {
            return "has quantized weights (quantization_config: \(quantizationConfig.quantMethod ?? "unnamed"))"
        }
        if rotaryBases.count > 1 {
            return "says that rope_theta is \(rotaryBases[0]) and that it is \(rotaryBases[1])"
        }
        let window = window(family, settings)
        if useSlidingWindow == true, window != nil, let maxWindowLayers, maxWindowLayers > 0 {
            return "has max_window_layers = \(maxWindowLayers), of which versions of transformers make different things"
        }
        let kind = window == nil ? "full_attention" : "sliding_attention"
        if let other = layerTypes?.first(where: { $0 != kind }) { return "has layers of the type \(other)" }
        return nil
    }
}
