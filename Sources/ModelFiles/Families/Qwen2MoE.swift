extension ModelFamily {
    /// Qwen2-MoE (Yang et al., 2024, arXiv 2407.10671), which models without normalized heads can be written as.
    ///
    /// Its shared expert is weighted by a sigmoid, which is 1/2 where its gate is zero: so ours counts twice. Where we
    /// have none, it is one of zeros.
    static let qwen2MoE = ModelFamily(
        huggingFace: ModelForm(
            name: "qwen2_moe", className: "Qwen2MoeForCausalLM", names: .qwen2MoE, pairing: .halves,
            fields: .huggingFace(
                defaults: .init(
                    normEpsilon: 1e-6, rotaryBase: 10_000, contextLength: 32_768, keyValueHeads: 16,
                    expertsPerToken: 4),
                experts: ["num_experts"], width: "moe_intermediate_size"
            ) + .qwen + [
                .optional("shared_expert_intermediate_size", at: \.sharedIntermediateSize),
                .constant("qkv_bias", .flag(false)),
            ],
            unreadable: "queries, keys and values have biases, and its shared expert has a gate",
            target: { $0.gated.sharing($0.sharedIntermediateSize ?? 16) }, factors: [.sharedDown: 2],
            zeros: [("model.layers.{layer}.mlp.shared_expert_gate.weight", { [1, $0.hiddenSize] })],
            problem: { architecture in
                var own = architecture
                own.sharedIntermediateSize = nil
                return architecture.norms(not: .none)
                    ?? (architecture.slidingWindow == nil ? nil : "no sliding window in all layers") ?? own.beyondQwen
            }))
}

extension TensorNames {
    static let qwen2MoE = qwen3MoE.with([
        .queryNorm: [], .keyNorm: [],
        .sharedGate: ["model.layers.{layer}.mlp.shared_expert.gate_proj.weight"],
        .sharedUp: ["model.layers.{layer}.mlp.shared_expert.up_proj.weight"],
        .sharedDown: ["model.layers.{layer}.mlp.shared_expert.down_proj.weight"],
    ])
}
