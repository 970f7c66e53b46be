extension ModelFamily {
    /// OLMoE (Muennighoff et al., 2024, arXiv 2409.02060): queries and keys are normalized as a whole, and the weights of
    /// the chosen experts are not made to sum to 1.
    static let olmoE = ModelFamily(
        huggingFace: ModelForm(
            name: "olmoe", className: "OlmoeForCausalLM", names: .qwen3MoE, pairing: .halves,
            fields: .huggingFace(
                defaults: .init(
                    normEpsilon: 1e-5, rotaryBase: 10_000, contextLength: 4096, keyValueHeads: nil, expertsPerToken: 8),
                experts: ["num_experts"], width: "intermediate_size"
            ) + [.normalizedSoftmax("norm_topk_prob", missing: false), .always { $0.qkNorm = .whole }],
            problem: { $0.norms(not: .whole) ?? $0.window ?? $0.uncommonHeads ?? $0.beyondQwen }),
        gguf: ModelForm(
            name: "olmoe", names: .ggufNormed, pairing: .halves,
            fields: .gguf(width: "feed_forward_length") + [
                .always { ($0.qkNorm, $0.routing) = (.whole, .softmaxOfAll) }
            ],
            problem: { model in
                let isNormed = model.routing.weighting != .softmax
                return model.norms(not: .whole) ?? model.window
                    ?? (isNormed ? "no weights but the softmax over all experts" : model.beyondQwen)
            }))
}

extension Architecture {
    /// A width of heads that is not their share of the hidden size.
    fileprivate var uncommonHeads: String? {
        headCount * headSize == hiddenSize ? nil : "no heads of another width than their share of the hidden size"
    }
}
