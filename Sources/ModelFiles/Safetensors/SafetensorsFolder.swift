import FoundationEssentials

/// The safetensors files of a model's folder.
struct SafetensorsFolder: Sendable {
    static let indexName = "model.safetensors.index.json"
    private static let singleName = "model.safetensors"

    let files: [SafetensorsFile]
    let tensors: [String: StoredTensor]
    /// A line about files of weights that are no part of the model, or nil.
    let unread: String?

    init(_ folder: ModelFolder) throws {
        let index = try folder.decoded(Index.self, from: Self.indexName)
        let names = try Self.fileNames(folder, index)
        let others = folder.names.filter { $0.hasSuffix(".safetensors") && !names.contains($0) }
        unread = others.first.map { first in
            let more = others.count > 1 ? " and \(others.count - 1) more" : ""
            return
                "\(first)\(more) in \(folder.path) is left out: the weights are those of \(index == nil ? Self.singleName : Self.indexName)"
        }
        files = try names.map { try SafetensorsFile(path: folder.path(of: $0)) }
        var tensors: [String: StoredTensor] = [:]
        for tensor in files.flatMap(\.tensors) {
            if let other = tensors.updateValue(tensor, forKey: tensor.name) {
                throw tensor.file.error(
                    "has the tensor \(tensor.name), which \(other.file.path) has, too",
                    "One of the two is a copy under another name, or of another model: fetch both again from one place")
            }
        }
        for (name, file) in (index?.files ?? [:]).sorted(by: { $0.key < $1.key }) {
            let found = tensors[name]?.file.path
            guard found != folder.path(of: file) else { continue }
            let place = found.map { "it is in \(URL(filePath: $0).lastPathComponent)" } ?? "no file has it"
            throw folder.error(
                "\(Self.indexName) says that \(name) is in \(file), but \(place)",
                "A part has the name of another, or is of another model: fetch \(file) and the index again from one place"
            )
        }
        self.tensors = tensors
    }

    private struct Index: Decodable {
        let files: [String: String]

        private enum CodingKeys: String, CodingKey {
            case files = "weight_map"
        }
    }

    /// The files of the index, else `model.safetensors`, else all there are.
    private static func fileNames(_ folder: ModelFolder, _ index: Index?) throws -> [String] {
        if let index {
            let names = Set(index.files.values).sorted()
            for name in names where name.contains("/") || !name.hasSuffix(".safetensors") {
                throw folder.error("\(indexName) names \(name), which is no safetensors file of this folder")
            }
            for name in names where !folder.has(name) {
                throw folder.error("\(indexName) names \(name), which is missing", "Fetch all parts of the model")
            }
            return names
        }
        if folder.has(singleName) { return [singleName] }
        let names = folder.names.filter { $0.hasSuffix(".safetensors") }
        guard !names.isEmpty else { throw folder.withoutSafetensors }
        for name in names.flatMap(partsBeside) where !folder.has(name) {
            throw folder.error("\(name), a part of the model, is missing", "Fetch all parts of the model")
        }
        return names
    }
}

/// The names of all parts of which one is called `…-00002-of-00004.safetensors`.
private func partsBeside(_ name: String) -> [String] {
    guard let match = name.firstMatch(of: /^(.*-)(\d{5})-of-(\d{5})(\.safetensors)$/), let count = Int(match.3),
        count > 0
    else { return [] }
    return (1...count).map { number in
        let digits = "\(number)"
        return match.1 + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + "-of-\(match.3)\(match.4)"
    }
}

extension ModelFolder {
    /// Why there are no weights to read.
    fileprivate var withoutSafetensors: ModelFileError {
        let pickled = names.first { name in [".bin", ".pt", ".pth", ".ckpt"].contains { name.hasSuffix($0) } }
        guard let pickled else {
            return error("has a config.json but no *.safetensors", "Fetch the weights, too")
        }
        return error(
            "has its weights in \(pickled), a PyTorch checkpoint",
            "Supported is safetensors: load the model with transformers and call save_pretrained(folder)")
    }
}
