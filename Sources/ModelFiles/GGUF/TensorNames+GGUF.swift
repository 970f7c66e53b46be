extension TensorNames {
    /// GGUF's `llama`: experts stacked, or in older files one by one.
    static let gguf = TensorNames(
        tokenEmbedding: ["token_embd.weight"],
        outputNorm: ["output_norm.weight"],
        output: ["output.weight"],
        attentionNorm: ["blk.{layer}.attn_norm.weight"],
        query: ["blk.{layer}.attn_q.weight"],
        key: ["blk.{layer}.attn_k.weight"],
        value: ["blk.{layer}.attn_v.weight"],
        attentionOutput: ["blk.{layer}.attn_output.weight"],
        expertNorm: ["blk.{layer}.ffn_norm.weight"],
        gate: ["blk.{layer}.ffn_gate_inp.weight"],
        expertGate: [.expert("blk.{layer}.ffn_gate_exps.weight"), "blk.{layer}.ffn_gate.{expert}.weight"],
        expertUp: [.expert("blk.{layer}.ffn_up_exps.weight"), "blk.{layer}.ffn_up.{expert}.weight"],
        expertDown: [.expert("blk.{layer}.ffn_down_exps.weight"), "blk.{layer}.ffn_down.{expert}.weight"])
}

extension TensorNames {
    /// GGUF's `qwen3moe`.
    static let ggufQwen3MoE = {
        var names = gguf
        names.queryNorm = ["blk.{layer}.attn_q_norm.weight"]
        names.keyNorm = ["blk.{layer}.attn_k_norm.weight"]
        return names
    }()

    /// GGUF's `glm4moe`.
    static let ggufGLM4MoE = {
        var names = ggufQwen3MoE
        names.expertNorm = ["blk.{layer}.post_attention_norm.weight"]
        names.routerBias = ["blk.{layer}.exp_probs_b.bias"]
        names.sharedGate = ["blk.{layer}.ffn_gate_shexp.weight"]
        names.sharedUp = ["blk.{layer}.ffn_up_shexp.weight"]
        names.sharedDown = ["blk.{layer}.ffn_down_shexp.weight"]
        return names
    }()
}
