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
        architecture = try Architecture(gguf: metadata, tiedEmbeddings: tensors["output.weight"] == nil)
        tokenizer = try TokenizerDescription(gguf: metadata)
        guard tokenizer.pieces.count == architecture.vocabularySize else {
            throw metadata.error(
                "has \(tokenizer.pieces.count) tokens, but a vocabulary of \(architecture.vocabularySize)")
        }
        name = try metadata.string("general.name") ?? URL(filePath: path).deletingPathExtension().lastPathComponent
        var digest = files[0].digest
        for file in files.dropFirst() { digest.combine(file.digest.hexadecimal.utf8) }
        self.digest = digest.hexadecimal
        self.tensors = try TensorCatalog(
            path: path, tensors: tensors, names: GGUFFamily(metadata).names, architecture: architecture)
    }
}

extension GGUFFile {
    /// The file at `path` and, if it is the first of several (`…-00001-of-00003.gguf`), those that follow it.
    static func all(from path: String) throws -> [GGUFFile] {
        let first = try GGUFFile(path: path)
        let count = try first.metadata.integer("split.count") ?? 1
        guard count > 1 else { return [first] }
        let ending = ending(1, of: count)
        guard count < 100_000, try first.metadata.integer("split.no") ?? 0 == 0, path.hasSuffix(ending) else {
            throw first.file.error("is one of \(count) parts", "Give the first, whose name ends in \(ending). \(merge)")
        }
        let stem = path.dropLast(ending.count)
        var files = [first]
        for number in 2...count {
            let part = try GGUFFile(path: stem + Self.ending(number, of: count))
            guard try part.metadata.integer("split.no") == number - 1,
                try part.metadata.integer("split.count") == count
            else { throw part.file.error("is not part \(number) of \(count), as its name says", merge) }
            files.append(part)
        }
        return files
    }

    private static let merge = "Or put the parts together with llama-gguf-split --merge"

    private static func ending(_ number: Int, of count: Int) -> String {
        "-\(padded(number))-of-\(padded(count)).gguf"
    }

    private static func padded(_ number: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
