/// An architecture of llama.cpp that is read, and what its metadata may say.
enum GGUFFamily: String, Sendable {
    case llama, qwen3moe

    static let supported =
        "Supported are Mixtral-style models: architecture llama or qwen3moe with experts, softmax gate, plain rotary embeddings"

    /// Keys that are read, and keys that change no result.
    static let known: Set<String> = [
        "vocab_size", "context_length", "embedding_length", "block_count", "feed_forward_length", "expert_count",
        "expert_used_count", "attention.head_count", "attention.head_count_kv", "attention.key_length",
        "attention.value_length", "attention.layer_norm_rms_epsilon", "attention.sliding_window",
        "rope.dimension_count", "rope.freq_base", "rope.scaling.type", "rope.scaling.factor", "rope.scale_linear",
        "rope.scaling.finetuned", "rope.scaling.original_context_length", "tensor_data_layout",
        "attention.layer_norm_epsilon",
    ]

    /// Keys that must have this value if they are there.
    static let fixed: [String: Double] = [
        "attention.causal": 1, "expert_gating_func": 1, "expert_weights_norm": 1, "expert_weights_scale": 1,
        "expert_shared_count": 0, "expert_group_count": 1, "expert_group_used_count": 1, "leading_dense_block_count": 0,
        "rope.scaling.attn_factor": 1, "use_parallel_residual": 0, "nextn_predict_layers": 0,
    ]

    var names: TensorNames { self == .llama ? .gguf : .ggufQwen3MoE }
    var pairing: Architecture.RotaryPairing { self == .llama ? .adjacent : .halves }
    /// Where the width of an expert stands.
    var expertWidth: String { self == .llama ? "feed_forward_length" : "expert_feed_forward_length" }
}

extension Architecture {
    /// The architecture of a GGUF file.
    ///
    /// - Parameters:
    ///   - embeddings: how many tokens have one; what was added beyond is no part of the model.
    ///   - tiedEmbeddings: whether the file has no output projection of its own.
    /// - Throws: ``ModelFileError`` naming whatever would make the result differ from this project's forward pass.
    init(gguf metadata: GGUFMetadata, embeddings: Int?, tiedEmbeddings: Bool) throws {
        let family = try GGUFFamily(metadata)
        let prefix = family.rawValue + "."
        func integer(_ key: String) throws -> Int? { try metadata.integer(prefix + key) }
        func required(_ key: String) throws -> Int { try metadata.required(prefix + key, metadata.integer) }
        func vocabulary() throws -> Int {
            let tokens = try metadata.required("tokenizer.ggml.tokens", metadata.strings).count
            if let known = try integer("vocab_size"), known != tokens { return known }
            return min(embeddings ?? tokens, tokens)
        }

        let hidden = try required("embedding_length")
        let heads = try required("attention.head_count")
        guard heads > 0 else { throw metadata.error("has \(prefix)attention.head_count = \(heads)") }
        let headSize = try integer("attention.key_length") ?? hidden / heads
        let valueSize = try integer("attention.value_length") ?? hidden / heads
        guard headSize == valueSize else {
            throw metadata.error("has heads with keys of \(headSize) and values of \(valueSize)", GGUFFamily.supported)
        }
        self = try Architecture(
            vocabularySize: vocabulary(), hiddenSize: hidden,
            layerCount: required("block_count"), headCount: heads,
            keyValueHeadCount: integer("attention.head_count_kv") ?? heads, headSize: headSize,
            intermediateSize: required(family.expertWidth), expertCount: required("expert_count"),
            expertsPerToken: required("expert_used_count"),
            normEpsilon: Float(metadata.required(prefix + "attention.layer_norm_rms_epsilon", metadata.real)),
            rotaryBase: Float(metadata.real(prefix + "rope.freq_base") ?? 10_000), rotaryPairing: family.pairing,
            rotaryDimensions: integer("rope.dimension_count") ?? headSize,
            slidingWindow: integer("attention.sliding_window"), tiedEmbeddings: tiedEmbeddings,
            contextLength: required("context_length"), qkNorm: family == .qwen3moe
        ).validated(path: metadata.path)
    }
}

extension GGUFFamily {
    /// The family of a file.
    ///
    /// - Throws: ``ModelFileError`` when it is none of these, or says something that would change the result.
    init(_ metadata: GGUFMetadata) throws {
        let name = try metadata.required("general.architecture", metadata.string)
        guard let family = Self(rawValue: name) else {
            throw metadata.error("has the architecture \(name)", Self.supported)
        }
        self = family
        guard try metadata.integer("\(name).expert_count") ?? 0 > 0 else {
            throw metadata.error("is a dense model: it has no \(name).expert_count", Self.supported)
        }
        try refuseUnknownKeys(metadata)
        try refuseScaledRotation(metadata)
    }

    private func refuseUnknownKeys(_ metadata: GGUFMetadata) throws {
        let prefix = rawValue + "."
        for key in metadata.values.keys.sorted() where key.hasPrefix(prefix) {
            let name = String(key.dropFirst(prefix.count))
            if Self.known.contains(name) || name == expertWidth { continue }
            guard let expected = Self.fixed[name], let value = metadata.values[key] else {
                throw metadata.error("has the metadata value \(key), which is not supported", Self.supported)
            }
            guard let found = value.real ?? value.boolean.map({ $0 ? 1 : 0 }), found == expected else {
                throw metadata.error("has \(value.text) as \(key), where \(expected) is supported", Self.supported)
            }
        }
    }

    private func refuseScaledRotation(_ metadata: GGUFMetadata) throws {
        let type = try metadata.string("\(rawValue).rope.scaling.type") ?? "linear"
        let factor =
            try metadata.real("\(rawValue).rope.scaling.factor") ?? metadata.real("\(rawValue).rope.scale_linear") ?? 1
        guard type == "none" || (type == "linear" && (factor == 1 || factor == 0)) else {
            throw metadata.error("scales its rotary embeddings (\(type), factor \(factor))", Self.supported)
        }
    }
}

extension GGUFValue {
    /// The value for messages.
    fileprivate var text: String {
        string ?? boolean.map(String.init) ?? integer.map(String.init) ?? real.map { "\($0)" } ?? kind
    }
}
