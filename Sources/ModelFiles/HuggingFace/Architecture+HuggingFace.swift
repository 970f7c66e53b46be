extension Architecture {
    /// The architecture that a `config.json` describes.
    ///
    /// - Throws: ``ModelFileError`` naming whatever would make the result differ from this project's forward pass.
    init(_ settings: HuggingFaceSettings, _ form: ModelForm, path: String) throws {
        self = try form.architecture(settings)
        try settings.check(form, self)
        self = try validated(path: path)
    }
}

extension ModelForm {
    /// What transformers must know of a model in this form.
    ///
    /// - Parameter type: what its matrices are in, as torch names it.
    func configuration(of architecture: Architecture, type: String) -> JSONValue {
        var fields: [String: JSONValue] = [
            "model_type": .text(name), "architectures": .list(className.map { [.text($0)] } ?? []),
            "hidden_act": "silu", "dtype": .text(type),
            "rope_parameters": .object([
                "rope_type": "default", "rope_theta": .number(exact: architecture.rotaryBase),
                "partial_rotary_factor": .number(
                    exact: Float(architecture.rotaryDimensions) / Float(architecture.headSize)),
            ]),
        ]
        for (key, value) in settings(of: target(architecture)) { fields[key] = JSONValue(value) }
        return .object(fields)
    }
}

extension JSONValue {
    fileprivate init(_ value: ConfigurationField.Value) {
        self =
            switch value {
            case .integer(let value): .number(Double(value))
            case .real(let value): .number(exact: value)
            case .flag(let value): .boolean(value)
            case .integers(let values): .list(values.map { .number(Double($0)) })
            }
    }

    /// The number that is written as the float is: 1e-05, not 9.999999747378752e-06.
    fileprivate static func number(exact value: Float) -> JSONValue { .number(Double("\(value)") ?? Double(value)) }
}
