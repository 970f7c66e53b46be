extension GGUFMetadata {
    /// - Throws: ``ModelFileError`` when the file says that it is something else than a model.
    func refuseOtherContent() throws {
        let type = try string("general.type") ?? "model"
        let architecture = try string("general.architecture")
        switch (type, architecture) {
        case ("adapter", _):
            throw error(
                "is an adapter (\(try string("adapter.type") ?? "lora")), not a model",
                "Merge it into its base model with llama-export-lora, and give the merged file")
        case ("mmproj", _), ("projector", _), (_, "clip"):
            throw error("is the projector of a model that sees, not a language model", "Give the model's own file")
        case ("imatrix", _):
            throw error("is an importance matrix, which quantizers use, not a model", "Give the model's own file")
        case (_, let name?) where name.hasPrefix("eagle") || name.hasSuffix("-assistant"):
            throw error(
                "is a draft model (\(name)), which guesses tokens for another",
                "Give the file of the model it guesses for")
        case (_, "controlvector"):
            throw error("is a control vector, not a model", "Give the model's own file")
        case ("model", _): return
        default:
            throw error("says that it is of the type \(type), not a model", "Give the model's own file")
        }
    }
}
