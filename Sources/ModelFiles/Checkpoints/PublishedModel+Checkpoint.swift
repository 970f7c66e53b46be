import FoundationEssentials

extension PublishedModel {
    /// A model as training left it.
    init(checkpoint path: String) throws {
        let weights = try SafetensorsFile(path: path)
        let file = weights.file
        let architecture = try Architecture(checkpoint: weights)
        // Before anything is made for each layer: a number alone must not cost memory.
        guard architecture.layerCount <= weights.tensors.count else {
            throw file.error("has \(weights.tensors.count) tensors, too few for \(architecture.layerCount) layers")
        }
        var tensors = weights.tensorsForUse(architecture)
        guard tensors.removeValue(forKey: Checkpoint.tokenizer) != nil else {
            throw file.error("has no vocabulary (a tensor \(Checkpoint.tokenizer))")
        }
        self.architecture = architecture
        self.tensors = try TensorCatalog(path: path, tensors: tensors, names: .checkpoint, architecture: architecture)
        // After the embeddings were seen to have so many rows: the number alone must not cost memory.
        let bytes = try weights.bytes(of: Checkpoint.tokenizer)
        tokenizer = try TokenizerDescription(sentencePiece: bytes, for: architecture.vocabularySize, of: file)
        name = weights.metadata["name"] ?? URL(filePath: path).deletingPathExtension().lastPathComponent
        digest = weights.digest.hexadecimal
        try weights.checkTables(architecture)
    }
}

extension SafetensorsFile {
    /// Whether the header says that this is a checkpoint of ours; false when there is no header that can be read.
    static func isCheckpoint(_ file: InputFile) -> Bool {
        (try? metadata(of: file)["format"] == Checkpoint.format) ?? false
    }

    /// All tensors but those that are there for training alone.
    fileprivate func tensorsForUse(_ architecture: Architecture) -> [String: StoredTensor] {
        let used = Set(Checkpoint.tensors(of: architecture).map(\.tensor.name))
        let isForTraining = { (name: String) in
            name.hasPrefix("optimizer.") || name.hasPrefix("state.")
                || name.contains(".router.") && !used.contains(name)
        }
        return Dictionary(tensors.filter { !isForTraining($0.name) }.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// Every entry must name an expert that there is.
    fileprivate func checkTables(_ architecture: Architecture) throws {
        guard architecture.routing.selection == .table else { return }
        for layer in 0..<architecture.layerCount {
            let role = TensorRole(.routerTable, layer: layer)
            let name = TensorNames.checkpoint.places(of: role)[0].name(for: role)
            let table = try numbers(of: name)
            let experts = 0..<Float(architecture.expertCount)
            if let token = table.firstIndex(where: { !experts.contains($0) || $0.rounded() != $0 }) {
                throw file.error(
                    "sends token \(token) to expert \(table[token]) in \(name), but has \(architecture.expertCount) experts"
                )
            }
        }
    }
}

extension Architecture {
    fileprivate init(checkpoint weights: SafetensorsFile) throws {
        let file = weights.file
        guard weights.metadata["format"] == Checkpoint.format, let text = weights.metadata["architecture"] else {
            throw file.error("has no architecture in its metadata", "It is no checkpoint of offstage train")
        }
        self = try JSONDecoder().decode(Architecture.self, from: Array(text.utf8), of: file)
            .validated(path: file.path)
    }
}
