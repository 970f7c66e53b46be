extension ModelFamily {
    /// Mixtral (Jiang et al., 2024, arXiv 2401.04088).
    static let mixtral = ModelFamily(
        huggingFace: ModelForm(
            name: "mixtral", className: "MixtralForCausalLM", names: .mixtral, pairing: .halves,
            fields: .huggingFace(
                defaults: .init(
                    normEpsilon: 1e-5, rotaryBase: 1_000_000, contextLength: 131_072, keyValueHeads: 8,
                    expertsPerToken: 2),
                experts: ["num_local_experts", "num_experts"], width: "intermediate_size"
            ) + [.optional("sliding_window", at: \.slidingWindow), .always { $0.routing = .mixtral }],
            fixed: ["norm_topk_prob": true, "use_qk_norm": false],
            problem: { $0.norms(not: .none) ?? $0.beyondMixtral ?? $0.partialRotation }),
        gguf: .llama)
}

extension ModelForm {
    /// Mixtral's GGUF files have the architecture of models without experts.
    static let llama = ModelForm(
        name: "llama", names: .gguf, pairing: .adjacent, fields: .gguf(width: "feed_forward_length"),
        problem: { $0.norms(not: .none) ?? $0.window ?? $0.beyondMixtral })
}

extension TensorNames {
    /// Mixtral as transformers names it: experts one by one, or stacked as transformers 5 holds them in memory
    /// and writes them with `save_original_format=False`.
    static let mixtral = TensorNames([
        .tokenEmbedding: ["model.embed_tokens.weight"],
        .outputNorm: ["model.norm.weight"],
        .output: ["lm_head.weight"],
        .attentionNorm: ["model.layers.{layer}.input_layernorm.weight"],
        .query: ["model.layers.{layer}.self_attn.q_proj.weight"],
        .key: ["model.layers.{layer}.self_attn.k_proj.weight"],
        .value: ["model.layers.{layer}.self_attn.v_proj.weight"],
        .attentionOutput: ["model.layers.{layer}.self_attn.o_proj.weight"],
        .expertNorm: ["model.layers.{layer}.post_attention_layernorm.weight"],
        .gate: ["model.layers.{layer}.block_sparse_moe.gate.weight", "model.layers.{layer}.mlp.gate.weight"],
        .expertGate: [
            "model.layers.{layer}.block_sparse_moe.experts.{expert}.w1.weight",
            .firstHalf("model.layers.{layer}.mlp.experts.gate_up_proj"),
        ],
        .expertUp: [
            "model.layers.{layer}.block_sparse_moe.experts.{expert}.w3.weight",
            .secondHalf("model.layers.{layer}.mlp.experts.gate_up_proj"),
        ],
        .expertDown: [
            "model.layers.{layer}.block_sparse_moe.experts.{expert}.w2.weight",
            .expert("model.layers.{layer}.mlp.experts.down_proj"),
        ],
    ])

    /// GGUF's `llama`, the beginning of all others: experts stacked, or in older files one by one.
    static let gguf = TensorNames([
        .tokenEmbedding: ["token_embd.weight"],
        .outputNorm: ["output_norm.weight"],
        .output: ["output.weight"],
        .attentionNorm: ["blk.{layer}.attn_norm.weight"],
        .query: ["blk.{layer}.attn_q.weight"],
        .key: ["blk.{layer}.attn_k.weight"],
        .value: ["blk.{layer}.attn_v.weight"],
        .attentionOutput: ["blk.{layer}.attn_output.weight"],
        .expertNorm: ["blk.{layer}.ffn_norm.weight"],
        .gate: ["blk.{layer}.ffn_gate_inp.weight"],
        .expertGate: [.expert("blk.{layer}.ffn_gate_exps.weight"), "blk.{layer}.ffn_gate.{expert}.weight"],
        .expertUp: [.expert("blk.{layer}.ffn_up_exps.weight"), "blk.{layer}.ffn_up.{expert}.weight"],
        .expertDown: [.expert("blk.{layer}.ffn_down_exps.weight"), "blk.{layer}.ffn_down.{expert}.weight"],
    ])
}
