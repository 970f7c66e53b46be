import ArgumentParser

/// Which model, and where models live.
struct ModelOptions: ParsableArguments {
    @Argument(
        help: "A packed model's name or path, or a GGUF file or Hugging Face folder, which is packed the first time.")
    var model: String

    @OptionGroup var home: HomeOptions

    func validate() throws {
        if model.isEmpty {
            throw ValidationError("MODEL is empty; name a packed model, or give the path of a store or a file")
        }
    }

    /// The path of the store, packed now where it is not yet.
    ///
    /// - Throws: why there is none and none can be packed.
    func storePath() throws -> String { try home.storePath(of: model) }
}
