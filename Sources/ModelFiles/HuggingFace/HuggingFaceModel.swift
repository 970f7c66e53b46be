import FoundationEssentials

extension PublishedModel {
    private static let configurationName = "config.json"

    /// A model in a folder with `config.json`, safetensors and `tokenizer.model`.
    init(folder: ModelFolder) throws {
        let path = folder.path(of: Self.configurationName)
        guard let values = try folder.decoded([String: JSONValue].self, from: Self.configurationName) else {
            throw folder.error("has no \(Self.configurationName)")
        }
        guard !folder.has(ModelFolder.adapterName) else {
            throw folder.error(
                "has an adapter (\(ModelFolder.adapterName)) beside the model, which transformers would add to it",
                "Merge the two with peft's merge_and_unload, or take the adapter's files out of the folder")
        }
        let settings = try HuggingFaceSettings(values, path: path)
        let form = try settings.form()
        var architecture = try Architecture(settings, form, path: path)
        let weights = try SafetensorsFolder(folder)
        let names = try form.names.found(in: weights.tensors.keys, of: folder)
        // transformers 5 ties only what the checkpoint does not hold.
        if names.places(of: .output).contains(where: { weights.tensors[$0.name(for: .output)] != nil }) {
            architecture.tiedEmbeddings = false
        }
        self.architecture = architecture
        tensors = try TensorCatalog(
            path: folder.path, tensors: weights.tensors, names: names, architecture: architecture,
            draftLayers: settings.integer("num_nextn_predict_layers") ?? 0)
        let tower = tensors.leftOut[.tower] == nil ? settings.towers.first : nil
        otherLeftOut = [tower.map { LeftOut.tower.note([$0]) }, weights.unread].compactMap(\.self)
        let tokens = try ["generation_config.json", Self.configurationName].compactMap {
            try folder.decoded(SpecialTokens.self, from: $0, keys: .convertFromSnakeCase)
        }
        // After the embeddings were seen to have so many rows: the number alone must not cost memory.
        tokenizer = try TokenizerDescription(
            folder: folder, tokens: tokens, vocabularySize: architecture.vocabularySize)
        name = HubSnapshot.name(ofFolder: folder.path)
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
