import FoundationEssentials

extension GGUFFile {
    /// The file at `path` and, if it is the first of several (`…-00001-of-00003.gguf`), those that follow it.
    static func all(from path: String) throws -> [GGUFFile] {
        let first = try GGUFFile(path: path)
        let count = try first.metadata.integer("split.count") ?? 1
        guard count > 1 else { return [first] }
        let ending = ending(1, of: count)
        let place = try first.metadata.integer("split.no") ?? 0
        guard count < 100_000, place == 0 else {
            throw first.file.error(
                "is part \(place &+ 1) of \(count)", "Give the first, whose name ends in \(ending). \(merge)")
        }
        guard path.hasSuffix(ending) else {
            throw first.file.error(
                "is part 1 of \(count), but its name does not end in \(ending), which tells where the others are",
                "Give all parts the names again that they were published with. \(merge)")
        }
        let stem = path.dropLast(ending.count)
        let parts = try [first] + (2...count).map { try part($0, of: count, path: stem + Self.ending($0, of: count)) }
        try first.checkTensorCount(of: parts)
        return parts
    }

    private static func part(_ number: Int, of count: Int, path: String) throws -> GGUFFile {
        guard FileManager.default.fileExists(atPath: path) else {
            throw ModelFileError(
                path: path, problem: "part \(number) of \(count) is missing", remedy: "Fetch all parts of the model")
        }
        let part = try GGUFFile(path: path)
        let place = try part.metadata.integer("split.no")
        let total = try part.metadata.integer("split.count")
        guard place == number - 1, total == count else {
            let found =
                if let place, let total { "it is part \(place &+ 1) of \(total)" } else { "it is a file by itself" }
            throw part.file.error(
                "is not part \(number) of \(count), as its name says: \(found)",
                "Give it the name again that it was published with, and fetch part \(number)")
        }
        return part
    }

    /// The first part says how many tensors all have together.
    private func checkTensorCount(of parts: [GGUFFile]) throws {
        let found = parts.reduce(0) { $0 + $1.tensors.count }
        guard let expected = try metadata.integer("split.tensors.count"), expected != found else { return }
        throw file.error(
            "says that its \(parts.count) parts have \(expected) tensors, but they have \(found)",
            "One of them belongs to another model: fetch all parts again from one place")
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
