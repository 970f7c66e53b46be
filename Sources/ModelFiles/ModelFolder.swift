import FoundationEssentials

/// A folder with the files of a model.
struct ModelFolder: Sendable {
    /// The index of a model with 100,000 tensors has about 10 MB.
    private static let longestJSON = 1 << 25
    /// What peft says of an adapter.
    static let adapterName = "adapter_config.json"

    let path: String
    /// The names of its files, sorted.
    let names: [String]

    init(path: String) throws {
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw ModelFileError(
                path: path, problem: "the folder may not be read",
                remedy: "Check its permissions and those of the folders above it")
        }
        self.path = path
    }

    func has(_ name: String) -> Bool { names.contains(name) }

    func path(of name: String) -> String { path.hasSuffix("/") ? path + name : path + "/" + name }

    /// A file that may be missing.
    func file(_ name: String) throws -> InputFile? {
        has(name) ? try InputFile(path: path(of: name)) : nil
    }

    /// What a JSON file says, or nil if there is none of this name.
    func decoded<Value: Decodable>(
        _: Value.Type, from name: String, keys: JSONDecoder.KeyDecodingStrategy = .useDefaultKeys
    ) throws -> Value? {
        guard let file = try file(name) else { return nil }
        try refuseLFSPointer(file)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = keys
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        let contents = PythonJSON.standard(try file.contents(limit: Self.longestJSON))
        return try decoder.decode(Value.self, from: contents, of: file)
    }

    func error(_ problem: String, _ remedy: String? = nil) -> ModelFileError {
        ModelFileError(path: path, problem: problem, remedy: remedy)
    }
}
