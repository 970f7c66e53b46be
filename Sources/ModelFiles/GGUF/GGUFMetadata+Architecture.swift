extension ModelForm {
    /// The metadata of a GGUF file with a model in this form, without those of its vocabulary.
    ///
    /// - Parameter quantization: what most matrices are in.
    func ggufMetadata(
        of architecture: Architecture, title: String, quantization: Quantization
    ) -> [(key: String, value: GGUFValue)] {
        let general: [(String, GGUFValue)] = [
            ("general.architecture", .string(name)),
            ("general.name", .string(title)),
            ("general.file_type", .uint32(GGMLType.fileType(of: quantization))),
            ("general.quantization_version", .uint32(2)),
            ("\(name).vocab_size", .count(architecture.vocabularySize)),
        ]
        let own = settings(of: target(architecture)).map { (key: "\(name).\($0.key)", value: GGUFValue($0.value)) }
        return general.map { (key: $0.0, value: $0.1) } + own
    }
}

extension GGUFValue {
    fileprivate static func count(_ value: Int) -> GGUFValue { .uint32(UInt32(clamping: value)) }

    fileprivate init(_ value: ConfigurationField.Value) {
        self =
            switch value {
            case .integer(let value): .count(value)
            case .real(let value): .float32(value)
            case .flag(let value): .bool(value)
            case .integers(let values): .int32s(values.map { Int32(clamping: $0) })
            }
    }
}
