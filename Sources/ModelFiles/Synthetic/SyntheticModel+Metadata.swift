extension SyntheticModel {
    func metadata() -> [(key: String, value: GGUFValue)] {
        let vocabulary = SyntheticVocabulary(size: architecture.vocabularySize)
        let values: [(String, GGUFValue)] = [
            ("general.architecture", .string("llama")),
            ("general.name", .string("synthetic \(architecture.layerCount) × \(architecture.expertCount) \(routing)")),
            ("general.file_type", .uint32(GGMLType.fileType(of: format))),
            ("general.quantization_version", .uint32(2)),
            ("llama.vocab_size", count(architecture.vocabularySize)),
            ("llama.context_length", count(architecture.contextLength)),
            ("llama.embedding_length", count(architecture.hiddenSize)),
            ("llama.block_count", count(architecture.layerCount)),
            ("llama.feed_forward_length", count(architecture.intermediateSize)),
            ("llama.attention.head_count", count(architecture.headCount)),
            ("llama.attention.head_count_kv", count(architecture.keyValueHeadCount)),
            ("llama.attention.key_length", count(architecture.headSize)),
            ("llama.attention.value_length", count(architecture.headSize)),
            ("llama.attention.layer_norm_rms_epsilon", .float32(architecture.normEpsilon)),
            ("llama.rope.dimension_count", count(architecture.rotaryDimensions)),
            ("llama.rope.freq_base", .float32(architecture.rotaryBase)),
            ("llama.expert_count", count(architecture.expertCount)),
            ("llama.expert_used_count", count(architecture.expertsPerToken)),
        ]
        return values.map { (key: $0.0, value: $0.1) } + vocabulary.metadata
    }

    private func count(_ value: Int) -> GGUFValue { .uint32(UInt32(value)) }
}
