import Tensors

extension Architecture {
    /// The metadata of a GGUF file that every architecture has, as `llama` and its kin name them.
    ///
    /// - Parameters:
    ///   - name: the architecture's in llama.cpp.
    ///   - type: that of most matrices.
    func ggufMetadata(_ name: String, title: String, type: WeightFormat) -> [(key: String, value: GGUFValue)] {
        func count(_ value: Int) -> GGUFValue { .uint32(UInt32(clamping: value)) }
        let values: [(String, GGUFValue)] = [
            ("general.architecture", .string(name)),
            ("general.name", .string(title)),
            ("general.file_type", .uint32(GGMLType.fileType(of: type))),
            ("general.quantization_version", .uint32(2)),
            ("\(name).vocab_size", count(vocabularySize)),
            ("\(name).context_length", count(contextLength)),
            ("\(name).embedding_length", count(hiddenSize)),
            ("\(name).block_count", count(layerCount)),
            ("\(name).feed_forward_length", count(intermediateSize)),
            ("\(name).attention.head_count", count(headCount)),
            ("\(name).attention.head_count_kv", count(keyValueHeadCount)),
            ("\(name).attention.key_length", count(headSize)),
            ("\(name).attention.value_length", count(headSize)),
            ("\(name).attention.layer_norm_rms_epsilon", .float32(normEpsilon)),
            ("\(name).rope.dimension_count", count(rotaryDimensions)),
            ("\(name).rope.freq_base", .float32(rotaryBase)),
            ("\(name).expert_count", count(expertCount)),
            ("\(name).expert_used_count", count(expertsPerToken)),
        ]
        return values.map { (key: $0.0, value: $0.1) }
    }
}

extension ExportForm {
    /// The metadata of a GGUF file with a model in this form.
    func ggufMetadata(of source: any ModelSource, type: WeightFormat) -> [(key: String, value: GGUFValue)] {
        source.architecture.ggufMetadata(name, title: source.name, type: type) + details(of: source.architecture)
            + source.tokenizer.ggufMetadata
    }

    /// What an architecture has beside what all have.
    private func details(of architecture: Architecture) -> [(key: String, value: GGUFValue)] {
        func count(_ value: Int) -> GGUFValue { .uint32(UInt32(clamping: value)) }
        var values: [(String, GGUFValue)] = []
        if name != "llama" { values.append(("expert_feed_forward_length", count(architecture.intermediateSize))) }
        if name == "glm4moe" {
            let routing = architecture.routing
            let shared = architecture.sharedIntermediateSize ?? architecture.intermediateSize
            let usesSigmoid = routing.weighting == .sigmoid || routing.weighting == .sigmoidOfChosen
            let isNormed = routing.weighting == .softmaxOfChosen || routing.weighting == .sigmoidOfChosen
            values += [
                ("expert_shared_count", count(shared / architecture.intermediateSize)),
                ("leading_dense_block_count", count(0)),
                ("expert_gating_func", count(usesSigmoid ? 2 : 1)),
                ("expert_weights_norm", .bool(isNormed)),
                ("expert_weights_scale", .float32(routing.scale)),
            ]
            if routing.groups > 1 {
                values += [
                    ("expert_group_count", count(routing.groups)),
                    ("expert_group_used_count", count(routing.allowedGroups)),
                ]
            }
        }
        return values.map { (key: "\(name).\($0.0)", value: $0.1) }
    }
}

extension TokenizerDescription {
    /// The vocabulary as metadata of a GGUF file.
    var ggufMetadata: [(key: String, value: GGUFValue)] {
        func id(_ value: Int?) -> GGUFValue? { value.map { .uint32(UInt32(clamping: $0)) } }
        let values: [(String, GGUFValue?)] = [
            ("model", .string("llama")),
            ("pre", .string("default")),
            ("tokens", .strings(pieces)),
            ("scores", .float32s(scores)),
            ("token_type", .int32s(kinds.map { Int32($0.rawValue) })),
            ("bos_token_id", id(beginningID)),
            ("eos_token_id", id(endIDs.first)),
            ("eot_token_id", id(endIDs.dropFirst().first)),
            ("unknown_token_id", id(unknownID)),
            ("add_bos_token", .bool(addsBeginning)),
            ("add_eos_token", .bool(false)),
            ("add_space_prefix", .bool(addsSpacePrefix)),
            ("remove_extra_whitespaces", .bool(removesExtraSpaces)),
        ]
        let all = values.compactMap { name, value in value.map { (key: "tokenizer.ggml." + name, value: $0) } }
        return all + (chatTemplate.map { [(key: "tokenizer.chat_template", value: .string($0))] } ?? [])
    }
}
