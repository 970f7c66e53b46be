import FoundationEssentials

extension JSONDecoder {
    /// Decodes a part of a file; what goes wrong is said with the file's path and the key.
    func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], of file: InputFile) throws -> Value {
        do {
            return try decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw file.error(error.problem)
        } catch {
            throw file.error("cannot be read as JSON: \(error)")
        }
    }
}

extension DecodingError {
    fileprivate var problem: String {
        switch self {
        case .keyNotFound(let key, let context): "has no value for \(Self.path(context.codingPath + [key]))"
        case .valueNotFound(let type, let context): "has null for \(Self.path(context.codingPath)), expected \(type)"
        case .typeMismatch(let type, let context):
            "has something else than \(type) for \(Self.path(context.codingPath))"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "is not valid JSON" : "has an impossible value for \(Self.path(context.codingPath))"
        @unknown default: "cannot be decoded: \(self)"
        }
    }

    /// The keys as the file has them, even where they were converted from snake case.
    private static func path(_ keys: [any CodingKey]) -> String {
        keys.isEmpty ? "the whole" : keys.map { $0.intValue.map(String.init) ?? $0.snakeCase }.joined(separator: ".")
    }
}

extension CodingKey {
    fileprivate var snakeCase: String {
        stringValue.reduce(into: "") { name, character in
            name += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
    }
}
