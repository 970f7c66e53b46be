/// The metadata of a GGUF file, read by key and type.
struct GGUFMetadata: Sendable {
    let path: String
    let values: [String: GGUFValue]

    /// Nil when the key is missing; throws when its value is something else.
    func integer(_ key: String) throws -> Int? { try value(key, "an integer", \.integer) }
    func real(_ key: String) throws -> Double? { try value(key, "a number", \.real) }
    func boolean(_ key: String) throws -> Bool? { try value(key, "true or false", \.boolean) }
    func string(_ key: String) throws -> String? { try value(key, "a string in UTF-8", \.string) }
    func integers(_ key: String) throws -> [Int]? { try value(key, "an array of integers", \.integers) }
    func reals(_ key: String) throws -> [Double]? { try value(key, "an array of numbers", \.reals) }
    func strings(_ key: String) throws -> [String]? { try value(key, "an array of strings in UTF-8", \.strings) }

    /// A value that the file must have.
    func required<Value>(_ key: String, _ read: (String) throws -> Value?) throws -> Value {
        guard let value = try read(key) else { throw error("has no metadata value \(key)") }
        return value
    }

    func error(_ problem: String, _ remedy: String? = nil) -> ModelFileError {
        ModelFileError(path: path, problem: problem, remedy: remedy)
    }

    private func value<Value>(_ key: String, _ kind: String, _ read: (GGUFValue) -> Value?) throws -> Value? {
        guard let found = values[key] else { return nil }
        guard let value = read(found) else { throw error("has \(found.kind) as \(key), where \(kind) is expected") }
        return value
    }
}
