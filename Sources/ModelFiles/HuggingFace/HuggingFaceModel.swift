import FoundationEssentials

extension PublishedModel {
    private static let configurationName = "config.json"

    /// A model in a folder with `config.json`, safetensors and `tokenizer.model`.
    init(folder: ModelFolder) throws {
        let path = folder.path(of: Self.configurationName)
        guard
            let configuration = try folder.decoded(
                HuggingFaceConfiguration.self, from: Self.configurationName, keys: .convertFromSnakeCase)
        else { throw folder.error("has no \(Self.configurationName)") }
        var architecture = try Architecture(configuration, path: path)
        let weights = try SafetensorsFolder(folder)
        // transformers 5 ties only what the checkpoint does not hold.
        if weights.tensors["lm_head.weight"] != nil { architecture.tiedEmbeddings = false }
        self.architecture = architecture
        tensors = try TensorCatalog(
            path: folder.path, tensors: weights.tensors, names: configuration.tensorNames, architecture: architecture)
        let ids = try ["generation_config.json", Self.configurationName].compactMap {
            try folder.decoded(TokenIDs.self, from: $0, keys: .convertFromSnakeCase)
        }
        // After the embeddings were seen to have so many rows: the number alone must not cost memory.
        tokenizer = try TokenizerDescription(folder: folder, ids: ids, vocabularySize: architecture.vocabularySize)
        name = URL(filePath: folder.path).standardizedFileURL.lastPathComponent
        digest = try folder.digest(weights)
    }
}

extension ModelFolder {
    /// Of the weights' headers and of every small file that has a say.
    fileprivate func digest(_ weights: SafetensorsFolder) throws -> String {
        var digest = SourceDigest()
        for file in weights.files { digest.combine(file.digest.hexadecimal.utf8) }
        for name in names where name.hasSuffix(".json") || name.hasSuffix(".jinja") || name == "tokenizer.model" {
            digest.combine(name.utf8)
            if let file = try file(name) { digest.combine(sizeAndTimeOf: file) }
        }
        return digest.hexadecimal
    }
}
