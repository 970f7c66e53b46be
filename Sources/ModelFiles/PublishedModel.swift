/// A model in files, whatever their format: the formats differ only in how these are found.
struct PublishedModel: ModelSource {
    let architecture: Architecture
    let tokenizer: TokenizerDescription
    let name: String
    let digest: String
    let tensors: TensorCatalog
    /// What is left out beside tensors.
    var otherLeftOut: [String] = []

    var leftOut: [String] {
        LeftOut.allCases.compactMap { kind in tensors.leftOut[kind].map(kind.note) } + otherLeftOut
    }

    func tensor(_ role: TensorRole) throws -> any SourceTensor { try tensors.tensor(role) }
}
