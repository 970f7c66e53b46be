/// What a class of transformers takes where a `config.json` is silent; versions 4 and 5 share it.
struct TransformersDefaults: Sendable {
    let normEpsilon: Float
    let rotaryBase: Float
    let contextLength: Int
    /// Nil: as many as there are heads.
    let keyValueHeads: Int?
    let expertsPerToken: Int
}

extension [ConfigurationField] {
    /// What every `config.json` of a model with experts says.
    ///
    /// - Parameters:
    ///   - experts: where their number stands; the first is the one that is written.
    ///   - width: where the width of an expert stands.
    static func huggingFace(
        defaults: TransformersDefaults, experts: [String], width: String
    ) -> [ConfigurationField] {
        let sizes: [ConfigurationField] = [
            .integer("vocab_size", at: \.vocabularySize), .integer("hidden_size", at: \.hiddenSize),
            .integer("num_hidden_layers", at: \.layerCount), .integer("num_attention_heads", at: \.headCount),
            // null stands for as many as there are heads.
            .integer(
                ["num_key_value_heads"], at: \.keyValueHeadCount, missing: { defaults.keyValueHeads ?? $0.headCount },
                null: \.headCount),
            .integer(["head_dim"], at: \.headSize, missing: { $0.hiddenSize / Swift.max(1, $0.headCount) }),
            .integer([width], at: \.intermediateSize), .integer(experts, at: \.expertCount),
            .integer("num_experts_per_tok", at: \.expertsPerToken, missing: defaults.expertsPerToken),
            .real("rms_norm_eps", at: \.normEpsilon, missing: defaults.normEpsilon),
            .real("rope_theta", at: \.rotaryBase, missing: defaults.rotaryBase),
            .integer("max_position_embeddings", at: \.contextLength, missing: defaults.contextLength),
            .flag("tie_word_embeddings", at: \.tiedEmbeddings, missing: false),
            .always { $0.rotaryDimensions = $0.headSize },
        ]
        // Some programs look for it where a model has no layer without experts, too.
        let other = width == "intermediate_size" ? [] : ["intermediate_size"]
        return sizes + other.map { ConfigurationField($0, written: { .integer($0.intermediateSize) }) }
    }
}

extension ConfigurationField {
    /// How much of a head is rotated.
    static func partialRotation(_ key: String) -> ConfigurationField {
        ConfigurationField(
            key, written: { .real(Float($0.rotaryDimensions) / Float($0.headSize)) },
            read: { source, model in
                let share = try source.real(key) ?? 0.5
                guard share > 0, share <= 1 else { throw source.unsupported("has \(key) = \(share)") }
                model.rotaryDimensions = Int(Double(model.headSize) * share)
            })
    }
}
