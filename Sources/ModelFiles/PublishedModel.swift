/// A model in files, whatever their format: the formats differ only in how these are found.
struct PublishedModel: ModelSource {
    let architecture: Architecture
    let tokenizer: TokenizerDescription
    let name: String
    let digest: String
    let tensors: TensorCatalog

    func tensor(_ role: TensorRole) throws -> any SourceTensor { try tensors.tensor(role) }
}
