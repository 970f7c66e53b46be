extension ModelFile {
    /// The tokenizer of a model, or of a file that has nothing else: a `tokenizer.model`, a `tokenizer.json`, a GGUF file
    /// without weights. What kind of model it is does not matter.
    ///
    /// - Throws: ``ModelFileError``, `TokenizerError`.
    package static func tokenizer(path: String) throws -> TokenizerDescription {
        if path.hasSuffix(".model") { return try SentencePieceModel(path: path).description }
        if path.hasSuffix(".json") { return try TokenizerDescription(json: InputFile(path: path), vocabularySize: nil) }
        guard let file = try? InputFile(path: path), file.size >= 4,
            try file.bytes(at: 0, count: 4).elementsEqual(GGUFFile.magic)
        else { return try open(path: path).tokenizer }
        let files = try GGUFFile.all(from: path)
        let vocabulary = try TokenizerDescription(gguf: files[0].metadata)
        let embedding = files.lazy.flatMap(\.tensors).first { $0.name == "token_embd.weight" }
        guard let rows = embedding?.dimensions.first else { return vocabulary }
        return vocabulary.withoutAdded(beyond: rows) ?? vocabulary
    }
}
