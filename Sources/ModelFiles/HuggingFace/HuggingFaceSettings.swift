/// What a `config.json` says, by its own keys.
struct HuggingFaceSettings: ConfigurationSource {
    let path: String
    private(set) var values: [String: JSONValue]

    /// What is said of the rotary embedding in an object of its own, as transformers 5 writes it and others do, is taken
    /// as if it stood with the rest.
    ///
    /// - Throws: ``ModelFileError`` when two places contradict each other.
    init(_ values: [String: JSONValue], path: String) throws {
        self.path = path
        self.values = values
        for field in ["rope_theta", "partial_rotary_factor"] {
            let objects = ["rope_scaling", "rope_parameters"].compactMap { values[$0]?.fields?[field] }
            let found = (objects + [values[field]].compactMap(\.self)).filter { $0 != .null }.uniqued()
            guard found.count < 2 else {
                throw unsupported("says that \(field) is \(found[0]) and that it is \(found[1])")
            }
            if let value = found.first { self.values[field] = value }
        }
    }

    func integer(_ key: String) throws -> Int? {
        guard let value = value(key) else { return nil }
        guard case .number(let number) = value, number.isFinite, number == number.rounded() else {
            throw mismatch(key, "Int")
        }
        return Int(exactly: number) ?? (number < 0 ? .min : .max)
    }

    func real(_ key: String) throws -> Double? {
        guard let value = value(key) else { return nil }
        guard case .number(let number) = value else { throw mismatch(key, "Float") }
        return number
    }

    func flag(_ key: String) throws -> Bool? {
        guard let value = value(key) else { return nil }
        guard case .boolean(let flag) = value else { throw mismatch(key, "Bool") }
        return flag
    }

    func text(_ key: String) throws -> String? {
        guard let value = value(key) else { return nil }
        guard case .text(let text) = value else { throw mismatch(key, "String") }
        return text
    }

    func isNull(_ key: String) -> Bool { values[key] == .null }

    func missing(_ key: String) -> ModelFileError {
        ModelFileError(path: path, problem: "has no value for \(key)")
    }

    func unsupported(_ problem: String) -> ModelFileError {
        ModelFileError(path: path, problem: problem, remedy: ModelFamily.huggingFaceRemedy)
    }

    private func value(_ key: String) -> JSONValue? { values[key].flatMap { $0 == .null ? nil : $0 } }

    private func mismatch(_ key: String, _ type: String) -> ModelFileError {
        ModelFileError(path: path, problem: "has something else than \(type) for \(key)")
    }
}

extension JSONValue {
    var fields: [String: JSONValue]? {
        if case .object(let fields) = self { fields } else { nil }
    }

    var elements: [JSONValue]? {
        if case .list(let elements) = self { elements } else { nil }
    }
}
