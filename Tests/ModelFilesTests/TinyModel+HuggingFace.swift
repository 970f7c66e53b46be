import ModelFiles
import Tensors

extension TinyModel {
    /// Who wrote the folder.
    enum Layout: CaseIterable { case transformers4, transformers5, transformers5Stacked }

    /// Writes the model as a Hugging Face folder.
    func write(to folder: TemporaryFolder, layout: Layout) throws {
        try folder.write(configuration(layout), as: "config.json")
        try folder.write(safetensors(layout).encoded, as: "model.safetensors")
        try writeTokenizer(to: folder)
    }

    func writeTokenizer(to folder: TemporaryFolder) throws {
        try folder.write(
            sentencePieceModel(pieces: Self.pieces, scores: Self.scores, kinds: Self.kinds), as: "tokenizer.model")
        try folder.write(#"{"bos_token_id": 1, "eos_token_id": [2, 259]}"#, as: "generation_config.json")
        try folder.write(#"{"add_bos_token": true, "chat_template": "{{ x }}"}"#, as: "tokenizer_config.json")
    }

    /// `config.json`, written down from real ones of transformers 4.38 and 5.23.
    func configuration(_ layout: Layout) -> String {
        let rotation =
            layout == .transformers4
            ? #""rope_theta": 500000.0, "torch_dtype": "bfloat16""#
            : #""rope_parameters": {"rope_theta": 500000.0, "rope_type": "default"}, "dtype": "bfloat16", "head_dim": null"#
        return """
            {"architectures": ["MixtralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2,
             "hidden_act": "silu", "hidden_size": 64, "initializer_range": 0.02, "intermediate_size": 32,
             "max_position_embeddings": 128, "model_type": "mixtral", "num_attention_heads": 4,
             "num_experts_per_tok": 2, "num_hidden_layers": 2, "num_key_value_heads": 2, "num_local_experts": 3,
             "output_router_logits": false, "rms_norm_eps": 1e-05, \(rotation), "router_aux_loss_coef": 0.001,
             "sliding_window": null, "tie_word_embeddings": \(tiedEmbeddings), "use_cache": true,
             "vocab_size": \(Self.pieces.count)}
            """
    }

    func safetensors(_ layout: Layout) -> SafetensorsBytes {
        var file = SafetensorsBytes()
        for role in roles where !(layout == .transformers5Stacked && role.isExpert) {
            let (rows, columns) = role.shape(in: architecture)
            file.tensors.append(
                .init(
                    name: name(role, layout), type: typeName(format(of: role)),
                    shape: rows == 1 ? [columns] : [rows, columns],
                    bytes: bytes(of: role)))
        }
        if layout == .transformers5Stacked { file.tensors += stackedExperts }
        return file
    }

    private var stackedExperts: [SafetensorsBytes.Tensor] {
        let (count, width, hidden) = (architecture.expertCount, architecture.intermediateSize, architecture.hiddenSize)
        return (0..<architecture.layerCount).flatMap { layer in
            let gateAndUp = (0..<count).flatMap { expert in
                bytes(of: TensorRole(.expertGate, layer: layer, expert: expert))
                    + bytes(of: TensorRole(.expertUp, layer: layer, expert: expert))
            }
            let down = (0..<count).flatMap { bytes(of: TensorRole(.expertDown, layer: layer, expert: $0)) }
            let prefix = "model.layers.\(layer).mlp.experts."
            return [
                SafetensorsBytes.Tensor(
                    name: prefix + "gate_up_proj", type: typeName(format), shape: [count, 2 * width, hidden],
                    bytes: gateAndUp),
                SafetensorsBytes.Tensor(
                    name: prefix + "down_proj", type: typeName(format), shape: [count, hidden, width], bytes: down),
            ]
        }
    }

    private func typeName(_ format: WeightFormat) -> String { format.rawValue.uppercased() }

    private func name(_ role: TensorRole, _ layout: Layout) -> String {
        let experts = layout == .transformers5Stacked ? "mlp" : "block_sparse_moe"
        let (layer, expert) = (role.layer ?? 0, role.expert ?? 0)
        return switch role.kind {
        case .tokenEmbedding: "model.embed_tokens.weight"
        case .outputNorm: "model.norm.weight"
        case .output: "lm_head.weight"
        case .attentionNorm: "model.layers.\(layer).input_layernorm.weight"
        case .query: "model.layers.\(layer).self_attn.q_proj.weight"
        case .key: "model.layers.\(layer).self_attn.k_proj.weight"
        case .value: "model.layers.\(layer).self_attn.v_proj.weight"
        case .attentionOutput: "model.layers.\(layer).self_attn.o_proj.weight"
        case .expertNorm: "model.layers.\(layer).post_attention_layernorm.weight"
        case .gate: "model.layers.\(layer).\(experts).gate.weight"
        case .expertGate: "model.layers.\(layer).\(experts).experts.\(expert).w1.weight"
        case .expertUp: "model.layers.\(layer).\(experts).experts.\(expert).w3.weight"
        case .expertDown: "model.layers.\(layer).\(experts).experts.\(expert).w2.weight"
        default: fatalError("\(role) is none of Mixtral's")
        }
    }
}
