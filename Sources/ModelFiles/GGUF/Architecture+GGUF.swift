extension Architecture {
    /// The architecture of a GGUF file.
    ///
    /// - Parameters:
    ///   - embeddings: how many tokens have one; what was added beyond is no part of the model.
    ///   - tiedEmbeddings: whether the file has no output projection of its own.
    /// - Throws: ``ModelFileError`` naming whatever would make the result differ from this project's forward pass.
    init(gguf metadata: GGUFMetadata, _ form: ModelForm, embeddings: Int?, tiedEmbeddings: Bool) throws {
        let settings = GGUFSettings(metadata, form)
        try settings.refuseUnknownKeys(form)
        try settings.refuseScaledRotation()
        var architecture = try form.architecture(settings)
        let tokens = try metadata.required("tokenizer.ggml.tokens", metadata.strings).count
        let known = try settings.integer("vocab_size") ?? tokens
        architecture.vocabularySize = known == tokens ? min(embeddings ?? tokens, tokens) : known
        architecture.tiedEmbeddings = tiedEmbeddings
        self = try architecture.validated(path: metadata.path)
    }
}

extension GGUFMetadata {
    /// The form of a file.
    ///
    /// - Throws: ``ModelFileError`` when it is none that is read, or no mixture of experts.
    func form() throws -> ModelForm {
        let name = try required("general.architecture", string)
        guard let form = ModelFamily.all.compactMap(\.gguf).first(where: { $0.name == name }) else {
            throw error("has the architecture \(name)", ModelFamily.ggufRemedy)
        }
        guard try integer("\(name).expert_count") ?? 0 > 0 else {
            throw error("is a dense model: it has no \(name).expert_count", ModelFamily.ggufRemedy)
        }
        return form
    }
}

/// The metadata under an architecture's own name.
private struct GGUFSettings: ConfigurationSource {
    /// Keys that are read elsewhere, and keys that change no result.
    private static let known: Set<String> = [
        "vocab_size", "feed_forward_length", "rope.scaling.type", "rope.scaling.factor", "rope.scale_linear",
        "rope.scaling.finetuned", "rope.scaling.original_context_length", "tensor_data_layout",
        "attention.layer_norm_epsilon",
    ]

    /// Keys that must have this value if they are there, unless a field of the form reads them.
    private static let fixed: [String: Double] = [
        "attention.causal": 1, "expert_gating_func": 1, "expert_weights_norm": 1, "expert_weights_scale": 1,
        "expert_shared_count": 0, "expert_group_count": 1, "expert_group_used_count": 1, "leading_dense_block_count": 0,
        "rope.scaling.attn_factor": 1, "use_parallel_residual": 0,
    ]

    private let metadata: GGUFMetadata
    private let prefix: String

    init(_ metadata: GGUFMetadata, _ form: ModelForm) {
        self.metadata = metadata
        prefix = form.name + "."
    }

    func integer(_ key: String) throws -> Int? { try metadata.integer(prefix + key) }
    func real(_ key: String) throws -> Double? { try metadata.real(prefix + key) }
    func flag(_ key: String) throws -> Bool? { try metadata.boolean(prefix + key) }
    func isNull(_ key: String) -> Bool { false }
    func missing(_ key: String) -> ModelFileError { metadata.error("has no metadata value \(prefix)\(key)") }
    func unsupported(_ problem: String) -> ModelFileError { metadata.error(problem, ModelFamily.ggufRemedy) }

    func refuseUnknownKeys(_ form: ModelForm) throws {
        let own = Self.known.union(form.fields.flatMap(\.keys))
        let fixed = Self.fixed.merging(form.fixed.compactMapValues(\.number)) { $1 }
        for key in metadata.values.keys.sorted() where key.hasPrefix(prefix) {
            let name = String(key.dropFirst(prefix.count))
            if own.contains(name) { continue }
            guard let expected = fixed[name], let value = metadata.values[key] else {
                throw unsupported("has the metadata value \(key), which is not supported")
            }
            guard let found = value.real ?? value.boolean.map({ $0 ? 1 : 0 }), found == expected else {
                throw unsupported("has \(value.text) as \(key), where \(expected) is supported")
            }
        }
    }

    func refuseScaledRotation() throws {
        let type = try metadata.string(prefix + "rope.scaling.type") ?? "linear"
        let factor = try real("rope.scaling.factor") ?? real("rope.scale_linear") ?? 1
        guard type == "none" || (type == "linear" && (factor == 1 || factor == 0)) else {
            throw unsupported("scales its rotary embeddings (\(type), factor \(factor))")
        }
    }
}

extension JSONValue {
    fileprivate var number: Double? {
        switch self {
        case .number(let value): value
        case .boolean(let value): value ? 1 : 0
        default: nil
        }
    }
}

extension GGUFValue {
    /// The value for messages.
    fileprivate var text: String {
        string ?? boolean.map(String.init) ?? integer.map(String.init) ?? real.map { "\($0)" } ?? kind
    }
}
