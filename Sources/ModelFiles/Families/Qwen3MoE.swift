extension ModelFamily {
    /// Qwen3-MoE (Qwen Team, 2025, arXiv 2505.09388): heads of queries and keys are normalized.
    static let qwen3MoE = ModelFamily(
        huggingFace: ModelForm(
            name: "qwen3_moe", className: "Qwen3MoeForCausalLM", names: .qwen3MoE, pairing: .halves,
            fields: .huggingFace(
                defaults: .init(
                    normEpsilon: 1e-6, rotaryBase: 10_000, contextLength: 32_768, keyValueHeads: 4, expertsPerToken: 8),
                experts: ["num_experts", "num_local_experts"], width: "moe_intermediate_size"
            ) + .qwen + [.always { $0.qkNorm = .heads }],
            fixed: ["use_qk_norm": true],
            problem: { $0.norms(not: .heads) ?? $0.beyondQwen }),
        gguf: ModelForm(
            name: "qwen3moe", names: .ggufNormed, pairing: .halves,
            fields: .gguf(width: "expert_feed_forward_length") + [.always { $0.qkNorm = .heads }],
            problem: { $0.norms(not: .heads) ?? $0.window ?? $0.beyondMixtral }))
}

extension [ConfigurationField] {
    /// What the Qwens say beside what all say.
    static let qwen: [ConfigurationField] = [
        .normalizedSoftmax("norm_topk_prob", missing: false), .constant("mlp_only_layers", .integers([])),
        .constant("decoder_sparse_step", .integer(1)),
        ConfigurationField("use_sliding_window", written: { .flag($0.slidingWindow != nil) }),
        ConfigurationField(
            "sliding_window", written: { $0.slidingWindow.map { .integer($0) } },
            read: { source, model in
                guard try source.flag("use_sliding_window") == true else { return }
                model.slidingWindow =
                    try source.integer("sliding_window") ?? (source.isNull("sliding_window") ? nil : 4096)
                if model.slidingWindow != nil, let first = try source.integer("max_window_layers"), first > 0 {
                    throw source.unsupported(
                        "has max_window_layers = \(first), of which versions of transformers make different things")
                }
            }),
    ]
}

extension TensorNames {
    /// Qwen3-MoE, whose experts transformers holds stacked, too.
    static let qwen3MoE = mixtral.with([
        .gate: ["model.layers.{layer}.mlp.gate.weight"],
        .expertGate: [
            "model.layers.{layer}.mlp.experts.{expert}.gate_proj.weight",
            .firstHalf("model.layers.{layer}.mlp.experts.gate_up_proj"),
        ],
        .expertUp: [
            "model.layers.{layer}.mlp.experts.{expert}.up_proj.weight",
            .secondHalf("model.layers.{layer}.mlp.experts.gate_up_proj"),
        ],
        .expertDown: [
            "model.layers.{layer}.mlp.experts.{expert}.down_proj.weight",
            .expert("model.layers.{layer}.mlp.experts.down_proj"),
        ],
        .queryNorm: ["model.layers.{layer}.self_attn.q_norm.weight"],
        .keyNorm: ["model.layers.{layer}.self_attn.k_norm.weight"],
    ])

    /// GGUF's `qwen3moe` and others.
    static let ggufNormed = gguf.with([
        .queryNorm: ["blk.{layer}.attn_q_norm.weight"], .keyNorm: ["blk.{layer}.attn_k_norm.weight"],
    ])
}
