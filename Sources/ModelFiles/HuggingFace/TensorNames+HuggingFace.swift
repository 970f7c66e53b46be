extension TensorNames {
    /// Mixtral as transformers names it: experts one by one, or stacked as transformers 5 holds them in memory
    /// and writes them with `save_original_format=False`.
    static let mixtral = TensorNames(
        tokenEmbedding: ["model.embed_tokens.weight"],
        outputNorm: ["model.norm.weight"],
        output: ["lm_head.weight"],
        attentionNorm: ["model.layers.{layer}.input_layernorm.weight"],
        query: ["model.layers.{layer}.self_attn.q_proj.weight"],
        key: ["model.layers.{layer}.self_attn.k_proj.weight"],
        value: ["model.layers.{layer}.self_attn.v_proj.weight"],
        attentionOutput: ["model.layers.{layer}.self_attn.o_proj.weight"],
        expertNorm: ["model.layers.{layer}.post_attention_layernorm.weight"],
        gate: ["model.layers.{layer}.block_sparse_moe.gate.weight", "model.layers.{layer}.mlp.gate.weight"],
        expertGate: [
            "model.layers.{layer}.block_sparse_moe.experts.{expert}.w1.weight",
            .firstHalf("model.layers.{layer}.mlp.experts.gate_up_proj"),
        ],
        expertUp: [
            "model.layers.{layer}.block_sparse_moe.experts.{expert}.w3.weight",
            .secondHalf("model.layers.{layer}.mlp.experts.gate_up_proj"),
        ],
        expertDown: [
            "model.layers.{layer}.block_sparse_moe.experts.{expert}.w2.weight",
            .expert("model.layers.{layer}.mlp.experts.down_proj"),
        ],
        ignoredEndings: [".rotary_emb.inv_freq"])
}

extension TensorNames {
    /// Qwen3-MoE, whose experts transformers holds stacked, too.
    static let qwen3MoE = qwen(shared: "")

    static let qwen2MoE = qwen(shared: "shared_expert")

    static let glm4MoE = qwen(shared: "shared_experts")

    /// What the three have in common.
    private static func qwen(shared: String) -> TensorNames {
        var names = mixtral
        names.gate = ["model.layers.{layer}.mlp.gate.weight"]
        names.expertGate = [
            "model.layers.{layer}.mlp.experts.{expert}.gate_proj.weight",
            .firstHalf("model.layers.{layer}.mlp.experts.gate_up_proj"),
        ]
        names.expertUp = [
            "model.layers.{layer}.mlp.experts.{expert}.up_proj.weight",
            .secondHalf("model.layers.{layer}.mlp.experts.gate_up_proj"),
        ]
        names.expertDown = [
            "model.layers.{layer}.mlp.experts.{expert}.down_proj.weight",
            .expert("model.layers.{layer}.mlp.experts.down_proj"),
        ]
        names.queryNorm = ["model.layers.{layer}.self_attn.q_norm.weight"]
        names.keyNorm = ["model.layers.{layer}.self_attn.k_norm.weight"]
        names.routerBias = ["model.layers.{layer}.mlp.gate.e_score_correction_bias"]
        names.sharedGate = [.whole("model.layers.{layer}.mlp.\(shared).gate_proj.weight")]
        names.sharedUp = [.whole("model.layers.{layer}.mlp.\(shared).up_proj.weight")]
        names.sharedDown = [.whole("model.layers.{layer}.mlp.\(shared).down_proj.weight")]
        return names
    }
}

extension TensorNames {
    /// The same names with the beginning that they have in a checkpoint: a model that was saved as a part of another, or
    /// while it was wrapped or compiled, has `language_model.model.` or `module.model.` for `model.`.
    ///
    /// - Throws: ``ModelFileError`` when there are several models.
    func found(in tensors: some Sequence<String>, of folder: ModelFolder) throws -> TensorNames {
        let (model, embedding, head) = ("model.", "embed_tokens.weight", "lm_head.weight")
        let found = tensors.filter { $0 == embedding || $0.hasSuffix("." + embedding) }.sorted()
        guard let first = found.first, !found.contains(model + embedding) else { return self }
        guard found.count == 1 else {
            throw folder.error(
                "has the weights of several models: \(found.joined(separator: ", "))",
                "Save the one with experts by itself with save_pretrained(folder)")
        }
        let prefix = String(first.dropLast(embedding.count))
        let heads = tensors.filter { $0 == head || $0.hasSuffix("." + head) }
        return renamed { name in
            name == head ? heads.count == 1 ? heads[0] : head : prefix + name.dropFirst(model.count)
        }
    }
}
