extension HuggingFaceSettings {
    /// What some models of transformers have and those that are read here have not, unless their fields say so.
    private static let fixed: [String: JSONValue] = [
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
    private static let rotation = ["rope_theta", "rope_scaling", "rope_parameters", "partial_rotary_factor"]

    /// The form of a `config.json`.
    ///
    /// - Throws: ``ModelFileError`` when it is none that is read, or has weights that are not.
    func form() throws -> ModelForm {
        let type = try text("model_type")
        try refuseDraft(type)
        guard let form = ModelFamily.all.map(\.huggingFace).first(where: { $0.name == type }) else {
            throw unsupported("has the model_type \(type ?? "null")\(parts)")
        }
        if let reason = form.unreadable { throw unsupported("has the model_type \(form.name): \(reason)") }
        if let other = values["architectures"]?.elements?.first(where: { $0 != .text(form.className ?? "") }) {
            throw unsupported("has the architecture \(other.plain)")
        }
        if let quantization = values["quantization_config"]?.fields {
            let method = quantization["quant_method"]?.plain ?? "unnamed"
            throw unsupported("has quantized weights (quantization_config: \(method))")
        }
        return form
    }

    /// What the configuration has of parts that take pictures or sound.
    var towers: [String] { ["vision_config", "audio_config"].filter { values[$0]?.fields != nil } }

    /// The models that a configuration of several is made of, for messages.
    private var parts: String {
        let text = values["text_config"]?.fields?["model_type"].map { " around a text model of the type \($0.plain)" }
        return towers.isEmpty
            ? text ?? "" : ", which takes more than text (\(towers.joined(separator: ", ")))\(text ?? "")"
    }

    private func refuseDraft(_ type: String?) throws {
        let classes = (values["architectures"]?.elements ?? []).map(\.plain)
        let drafts = ["eagle", "medusa", "speculator"]
        let name = ([type].compactMap(\.self) + classes).first { name in
            drafts.contains { name.lowercased().contains($0) }
        }
        guard let found = name ?? values.keys.filter({ $0.hasPrefix("speculators_") }).min() else { return }
        throw ModelFileError(
            path: path, problem: "is a draft model (\(found)), which guesses tokens for another",
            remedy: "Give the folder of the model it guesses for")
    }

    /// - Throws: ``ModelFileError`` naming whatever would make the result differ from this project's forward pass.
    func check(_ form: ModelForm, _ architecture: Architecture) throws {
        let own = Set(form.fields.filter { !$0.isConstant }.flatMap(\.keys))
        let fixed = Self.fixed.filter { !own.contains($0.key) }.merging(form.fixed) { $1 }
        for (key, value) in values.sorted(by: { $0.key < $1.key }) where value != .null {
            if let expected = fixed[key] {
                if value != expected { throw unsupported(Self.problem(key, value, expected)) }
            } else if key.contains("rope") || key.contains("rotary"), !Self.rotation.contains(key), !value.isOff {
                throw unsupported("has \(key) = \(value), which is not known")
            }
        }
        for key in ["rope_scaling", "rope_parameters"] {
            if let problem = problem(ofRotation: key) { throw unsupported(problem) }
        }
        let kind = architecture.slidingWindow == nil ? "full_attention" : "sliding_attention"
        if let other = values["layer_types"]?.elements?.first(where: { $0 != .text(kind) }) {
            throw unsupported("has layers of the type \(other.plain)")
        }
    }

    /// What of an object that tells how heads are rotated is not supported.
    private func problem(ofRotation key: String) -> String? {
        guard let rotation = values[key], rotation != .null else { return nil }
        guard let fields = rotation.fields else { return "has \(key) = \(rotation), where an object is expected" }
        let types = ["rope_type", "type"].compactMap { fields[$0] }.filter { $0 != .null }
        if let type = types.first(where: { $0 != "default" && !($0 == "linear" && fields["factor"] == 1) }) {
            return "has the \(key) type \(type.plain)"
        }
        let fixed: [String: JSONValue] = ["factor": 1, "attention_factor": 1]
        let free = ["rope_type", "type", "rope_theta", "original_max_position_embeddings", "partial_rotary_factor"]
        for (field, value) in fields.sorted(by: { $0.key < $1.key }) where value != .null && !free.contains(field) {
            guard let expected = fixed[field] else { return "has \(key).\(field) = \(value), which is not known" }
            if value != expected { return Self.problem("\(key).\(field)", value, expected) }
        }
        return nil
    }

    private static func problem(_ key: String, _ value: JSONValue, _ expected: JSONValue) -> String {
        expected == .null
            ? "has \(key) = \(value), which is not supported"
            : "has \(key) = \(value), where \(expected) is supported"
    }
}

extension JSONValue {
    /// A text without quotation marks, for messages.
    fileprivate var plain: String {
        if case .text(let text) = self { text } else { description }
    }
}
