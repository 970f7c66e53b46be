extension ModelFamily {
    /// GLM-4-MoE (Zeng et al., 2025, arXiv 2508.06471), the most flexible: a bias, groups, a shared expert, normalized
    /// heads or not, a part of them rotated.
    ///
    /// Read are models that have experts in every layer and no biases of queries, keys and values.
    static let glm4MoE = ModelFamily(
        huggingFace: ModelForm(
            name: "glm4_moe", className: "Glm4MoeForCausalLM", names: .glm4MoE, pairing: .halves,
            fields: .huggingFace(
                defaults: .init(
                    normEpsilon: 1e-5, rotaryBase: 10_000, contextLength: 131_072, keyValueHeads: 8,
                    expertsPerToken: 8),
                experts: ["n_routed_experts"], width: "moe_intermediate_size"
            ) + [
                .normalizedHeads("use_qk_norm"), .partialRotation("partial_rotary_factor"),
                .always { $0.routing = Routing(name: "top-k", weighting: .sigmoidOfChosen, hasBias: true) },
                .integer("n_group", at: \.routing.groups, missing: 1),
                .integer("topk_group", at: \.routing.allowedGroups, missing: 1),
                .real("routed_scaling_factor", at: \.routing.scale, missing: 1),
                .normalizedSigmoid("norm_topk_prob"), .sharedExperts("n_shared_experts", missing: 1),
                .layersWithoutExperts("first_k_dense_replace", missing: 1),
                .constant("num_nextn_predict_layers", .integer(0)), .constant("attention_bias", .flag(false)),
            ],
            target: \.likeGLM,
            problem: { architecture in
                let weighting = architecture.routing.weighting
                return weighting != .sigmoid && weighting != .sigmoidOfChosen
                    ? "no weights but sigmoids" : architecture.beyondGLM
            }),
        gguf: ModelForm(
            name: "glm4moe", names: .ggufGLM4MoE, pairing: .halves,
            fields: .gguf(width: "expert_feed_forward_length") + [
                .sharedExperts("expert_shared_count", missing: 0),
                .layersWithoutExperts("leading_dense_block_count", missing: 0),
                .gatingFunction("expert_gating_func"), .weightsNorm("expert_weights_norm"),
                .real("expert_weights_scale", at: \.routing.scale, missing: 1),
                .integer("expert_group_count", at: \.routing.groups, missing: 1),
                .integer("expert_group_used_count", at: \.routing.allowedGroups, missing: 1),
                .always { $0.routing.hasBias = true },
            ],
            told: { has, model in model.qkNorm = has(TensorRole(.queryNorm, layer: 0)) ? .heads : .none },
            target: \.likeGLM, problem: \.beyondGLM))
}

extension Architecture {
    fileprivate var likeGLM: Architecture {
        var model = gated.sharing(sharedIntermediateSize ?? intermediateSize)
        model.routing.hasBias = true
        return model
    }

    fileprivate var beyondGLM: String? {
        switch true {
        case qkNorm == .whole: norms(not: .heads)
        case slidingWindow != nil: "no sliding window"
        case routing.groups > 1 && expertCount / routing.groups < 2: "no groups of fewer than two experts"
        case !routing.hasGate && !isDense: "no experts that all tokens visit with weight 1"
        case (sharedIntermediateSize ?? 0) % intermediateSize != 0:
            "no shared expert whose width is no multiple of an expert's"
        default: nil
        }
    }
}

extension ConfigurationField {
    /// Experts that every token visits, each as wide as the others.
    fileprivate static func sharedExperts(_ key: String, missing: Int) -> ConfigurationField {
        ConfigurationField(
            key,
            written: { .integer(($0.sharedIntermediateSize ?? $0.intermediateSize) / $0.intermediateSize) },
            read: { source, model in
                let count = try source.integer(key) ?? missing
                let (width, overflow) = count.multipliedReportingOverflow(by: model.intermediateSize)
                guard !overflow else { throw source.unsupported("has \(count) shared experts") }
                model.sharedIntermediateSize = count == 0 ? nil : width
            })
    }

    fileprivate static func layersWithoutExperts(_ key: String, missing: Int) -> ConfigurationField {
        ConfigurationField(
            key, written: { _ in .integer(0) },
            read: { source, _ in
                let count = try source.integer(key) ?? missing
                guard count == 0 else { throw source.unsupported("has \(count) layers without experts (\(key))") }
            })
    }

    fileprivate static func normalizedHeads(_ key: String) -> ConfigurationField {
        ConfigurationField(
            key, written: { .flag($0.qkNorm == .heads) },
            read: { source, model in
                model.qkNorm = try source.flag(key) == true ? .heads : .none
            })
    }

    /// llama.cpp's numbers: softmax 1, sigmoid 2.
    fileprivate static func gatingFunction(_ key: String) -> ConfigurationField {
        ConfigurationField(
            key, written: { .integer($0.weighsBySoftmax ? 1 : 2) },
            read: { source, model in
                let number = try source.integer(key) ?? 2
                guard number == 1 || number == 2 else {
                    throw source.unsupported("has \(number) as \(key), where 1 (softmax) and 2 (sigmoid) are supported")
                }
                model.routing = Routing(name: "top-k", weighting: number == 1 ? .softmax : .sigmoid)
            })
    }

    fileprivate static func weightsNorm(_ key: String) -> ConfigurationField {
        let normed: [Routing.Weighting: Routing.Weighting] = [.softmax: .softmaxOfChosen, .sigmoid: .sigmoidOfChosen]
        return ConfigurationField(
            key, written: { .flag(normed.values.contains($0.routing.weighting)) },
            read: {
                source, model in
                guard try source.flag(key) == true else { return }
                model.routing.weighting = normed[model.routing.weighting] ?? model.routing.weighting
            })
    }

    fileprivate static func normalizedSigmoid(_ key: String) -> ConfigurationField {
        ConfigurationField(
            key, written: { .flag($0.routing.weighting == .sigmoidOfChosen) },
            read: { source, model in
                model.routing.weighting = try source.flag(key) ?? true ? .sigmoidOfChosen : .sigmoid
            })
    }
}

extension TensorNames {
    static let glm4MoE = qwen3MoE.with([
        .routerBias: ["model.layers.{layer}.mlp.gate.e_score_correction_bias"],
        .sharedGate: ["model.layers.{layer}.mlp.shared_experts.gate_proj.weight"],
        .sharedUp: ["model.layers.{layer}.mlp.shared_experts.up_proj.weight"],
        .sharedDown: ["model.layers.{layer}.mlp.shared_experts.down_proj.weight"],
    ])

    static let ggufGLM4MoE = ggufNormed.with([
        .expertNorm: ["blk.{layer}.post_attention_norm.weight"],
        .routerBias: ["blk.{layer}.exp_probs_b.bias"],
        .sharedGate: ["blk.{layer}.ffn_gate_shexp.weight"],
        .sharedUp: ["blk.{layer}.ffn_up_shexp.weight"],
        .sharedDown: ["blk.{layer}.ffn_down_shexp.weight"],
    ])
}
