/// A model of transformers that is read: what it takes where a `config.json` is silent, and what one may say.
///
/// The defaults are those of its configuration class, which versions 4 and 5 share.
struct HuggingFaceFamily: Sendable {
    let modelType: String
    let className: String
    let names: TensorNames
    let normEpsilon: Float
    let rotaryBase: Float
    let contextLength: Int
    let keyValueHeads: Int
    let expertsPerToken: Int
    let normalizesHeads: Bool
    /// Settings that must have this value where they are there at all; `null` is always allowed.
    let fixed: [String: JSONValue]

    static let all = [mixtral, qwen3MoE]

    static let mixtral = HuggingFaceFamily(
        modelType: "mixtral", className: "MixtralForCausalLM", names: .mixtral, normEpsilon: 1e-5,
        rotaryBase: 1_000_000, contextLength: 131_072, keyValueHeads: 8, expertsPerToken: 2, normalizesHeads: false,
        fixed: ["norm_topk_prob": true, "use_qk_norm": false])

    static let qwen3MoE = HuggingFaceFamily(
        modelType: "qwen3_moe", className: "Qwen3MoeForCausalLM", names: .qwen3MoE, normEpsilon: 1e-6,
        rotaryBase: 10_000, contextLength: 32_768, keyValueHeads: 4, expertsPerToken: 8, normalizesHeads: true,
        fixed: ["use_qk_norm": true])

    /// The same for all: what some models of transformers have and these do not.
    private static let common: [String: JSONValue] = [
        "hidden_act": "silu", "hidden_activation": "silu", "attention_bias": false, "mlp_bias": false,
        "qkv_bias": false, "decoder_sparse_step": 1, "mlp_only_layers": [], "first_k_dense_replace": 0,
        "partial_rotary_factor": 1, "rotary_pct": 1, "rotary_percent": 1, "shared_expert_intermediate_size": 0,
        "n_shared_experts": 0, "num_shared_experts": 0, "scoring_func": "softmax", "routed_scaling_factor": 1,
        "n_group": 1, "topk_group": 1, "attn_logit_softcapping": 0, "final_logit_softcapping": 0,
        "embedding_multiplier": 1, "residual_multiplier": 1, "logits_scaling": 1, "logit_scale": 1,
        "attention_multiplier": .null, "query_pre_attn_scalar": .null, "clip_qkv": .null, "attention_chunk_size": .null,
        "alibi": false, "quantization": .null, "compression_config": .null,
    ]

    /// Settings of the rotary embedding that are read elsewhere.
    private static let rotation = ["rope_theta", "rope_scaling", "rope_parameters"]

    /// What of a `config.json` would change the result and is not supported.
    func unsupported(_ settings: [String: JSONValue]) -> String? {
        let fixed = Self.common.merging(fixed) { $1 }
        for (key, value) in settings.sorted(by: { $0.key < $1.key }) where value != .null {
            if let expected = fixed[key] {
                if value != expected { return Self.problem(key, value, expected) }
            } else if key.contains("rope") || key.contains("rotary"), !Self.rotation.contains(key), !value.isOff {
                return "has \(key) = \(value), which is not known"
            }
        }
        return Self.rotation.dropFirst().lazy.compactMap { Self.unsupported($0, settings[$0]) }.first
    }

    /// The same of an object that tells how heads are rotated.
    private static func unsupported(_ key: String, _ rotation: JSONValue?) -> String? {
        guard let rotation, rotation != .null else { return nil }
        guard case .object(let fields) = rotation else {
            return "has \(key) = \(rotation), where an object is expected"
        }
        let types = ["rope_type", "type"].compactMap { fields[$0] }.filter { $0 != .null }
        if let type = types.first(where: { $0 != "default" && !($0 == "linear" && fields["factor"] == 1) }) {
            let type = if case .text(let name) = type { name } else { "\(type)" }
            return "has the \(key) type \(type)"
        }
        let fixed: [String: JSONValue] = ["factor": 1, "attention_factor": 1, "partial_rotary_factor": 1]
        let free = ["rope_type", "type", "rope_theta", "original_max_position_embeddings"]
        for (field, value) in fields.sorted(by: { $0.key < $1.key }) where value != .null && !free.contains(field) {
            guard let expected = fixed[field] else { return "has \(key).\(field) = \(value), which is not known" }
            if value != expected { return problem("\(key).\(field)", value, expected) }
        }
        return nil
    }

    private static func problem(_ key: String, _ value: JSONValue, _ expected: JSONValue) -> String {
        expected == .null
            ? "has \(key) = \(value), which is not supported"
            : "has \(key) = \(value), where \(expected) is supported"
    }
}
