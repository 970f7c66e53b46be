extension [ConfigurationField] {
    /// How many of the blocks, the last ones, guess tokens ahead.
    static let draftLayers = "nextn_predict_layers"

    /// What the metadata of every model with experts say, after the architecture's name and a period.
    ///
    /// - Parameter width: where the width of an expert stands.
    static func gguf(width: String) -> [ConfigurationField] {
        let sizes: [ConfigurationField] = [
            .integer("context_length", at: \.contextLength), .integer("embedding_length", at: \.hiddenSize),
            .integer("block_count", at: \.layerCount), .draftLayers(draftLayers),
            .integer([width], at: \.intermediateSize),
            .integer("attention.head_count", at: \.headCount),
            .integer(["attention.head_count_kv"], at: \.keyValueHeadCount, missing: \.headCount),
            .integer(
                ["attention.key_length"], at: \.headSize, missing: { $0.hiddenSize / Swift.max(1, $0.headCount) }),
            .valueLength("attention.value_length"),
            .real("attention.layer_norm_rms_epsilon", at: \.normEpsilon),
            .integer(["rope.dimension_count"], at: \.rotaryDimensions, missing: \.headSize),
            .real("rope.freq_base", at: \.rotaryBase, missing: 10_000),
            .integer("expert_count", at: \.expertCount), .integer("expert_used_count", at: \.expertsPerToken),
            .optional("attention.sliding_window", at: \.slidingWindow),
        ]
        let other = width == "feed_forward_length" ? [] : ["feed_forward_length"]
        return sizes + other.map { ConfigurationField($0, written: { .integer($0.intermediateSize) }) }
    }
}

extension ConfigurationField {
    /// Blocks behind the layers that text comes from.
    fileprivate static func draftLayers(_ key: String) -> ConfigurationField {
        ConfigurationField(
            key,
            read: { source, model in
                guard let count = try source.integer(key), count != 0 else { return }
                guard count > 0, count < model.layerCount else {
                    throw source.unsupported("has \(count) of \(model.layerCount) blocks as \(key)")
                }
                model.layerCount -= count
            })
    }

    /// The size of a head's values, which must be that of its keys.
    fileprivate static func valueLength(_ key: String) -> ConfigurationField {
        ConfigurationField(
            key, written: { .integer($0.headSize) },
            read: { source, model in
                let size = try source.integer(key) ?? model.hiddenSize / max(1, model.headCount)
                guard size == model.headSize else {
                    throw source.unsupported("has heads with keys of \(model.headSize) and values of \(size)")
                }
            })
    }
}
