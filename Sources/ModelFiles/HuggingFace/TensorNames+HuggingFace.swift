extension TensorNames {
    /// The same names with the beginning that they have in a checkpoint: a model that was saved as a part of another, or
    /// while it was wrapped or compiled, has `language_model.model.` or `module.model.` for `model.`.
    ///
    /// - Throws: ``ModelFileError`` when there are several models.
    func found(in tensors: some Sequence<String>, of folder: ModelFolder) throws -> TensorNames {
        let (model, embedding, head) = ("model.", "embed_tokens.weight", "lm_head.weight")
        let found = tensors.filter { $0 == embedding || $0.hasSuffix("." + embedding) }.sorted()
        guard let first = found.first, !found.contains(model + embedding) else { return self }
        guard found.count == 1 else {
            throw folder.error(
                "has the weights of several models: \(found.joined(separator: ", "))",
                "Save the one with experts by itself with save_pretrained(folder)")
        }
        let prefix = String(first.dropLast(embedding.count))
        let heads = tensors.filter { $0 == head || $0.hasSuffix("." + head) }
        return renamed { name in
            name == head ? heads.count == 1 ? heads[0] : head : prefix + name.dropFirst(model.count)
        }
    }
}
