import FoundationEssentials

extension PublishedModel {
    /// A model in a GGUF file, or in several of which this is the first.
    init(gguf path: String) throws {
        let files = try GGUFFile.all(from: path)
        let metadata = files[0].metadata
        var tensors: [String: StoredTensor] = [:]
        for tensor in files.flatMap(\.tensors) {
            guard tensors.updateValue(tensor, forKey: tensor.name) == nil else {
                throw metadata.error("has the tensor \(tensor.name) in two of its parts")
            }
        }
        try metadata.refuseOtherContent()
        guard !tensors.isEmpty else {
            throw metadata.error("has no weights, only a vocabulary", "Give the model's own file")
        }
        let form = try metadata.form()
        let embedding = tensors["token_embd.weight"]?.dimensions ?? []
        var architecture = try Architecture(
            gguf: metadata, form, embeddings: embedding.count == 2 ? embedding[0] : nil,
            tiedEmbeddings: tensors["output.weight"] == nil)
        form.told(
            { role in form.names.places(of: role).contains { tensors[$0.name(for: role)] != nil } }, &architecture)
        self.architecture = architecture
        let vocabulary = try TokenizerDescription(gguf: metadata)
        guard let fitted = vocabulary.withoutAdded(beyond: architecture.vocabularySize) else {
            throw metadata.error(
                "has \(vocabulary.pieces.count) tokens, but a vocabulary of \(architecture.vocabularySize)")
        }
        tokenizer = fitted
        name = try metadata.string("general.name") ?? URL(filePath: path).deletingPathExtension().lastPathComponent
        var digest = files[0].digest
        for file in files.dropFirst() { digest.combine(file.digest.hexadecimal.utf8) }
        self.digest = digest.hexadecimal
        self.tensors = try TensorCatalog(
            path: path, tensors: tensors, names: form.names, architecture: architecture,
            draftLayers: metadata.integer("\(form.name).\([ConfigurationField].draftLayers)") ?? 0)
    }
}
