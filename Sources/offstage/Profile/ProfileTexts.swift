import Foundation
import Training

/// The texts that a model is profiled on, each with the kind of text it is.
struct ProfileTexts {
    struct Text {
        let name: String
        let domain: String
        let bytes: [UInt8]
    }

    private(set) var texts: [Text] = []

    /// Reads files, folders (in which each file and each sub-folder is a domain) and JSON lines with a `text` and, if one
    /// likes, a `domain`.
    init(_ paths: [String]) throws {
        let isLines = { (path: String) in path.hasSuffix(".jsonl") || path.hasSuffix(".ndjson") }
        for path in paths.filter(isLines) { texts += try Self.lines(of: path) }
        for domain in try DomainFiles.find(paths.filter { !isLines($0) }, takesAnyBytes: false) {
            texts += try domain.paths.map { path in
                Text(name: path, domain: domain.name, bytes: try TextInput.read(path))
            }
        }
        texts.removeAll { $0.bytes.isEmpty }
        guard !texts.isEmpty else {
            throw Complaint("there is nothing to profile: \(paths.joined(separator: ", ")) holds no text")
        }
    }

    private static func lines(of path: String) throws -> [Text] {
        struct Line: Decodable {
            var text: String
            var domain: String?
        }
        let lines = try TextInput.read(path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return try lines.enumerated().compactMap { number, bytes in
            guard bytes.contains(where: { $0 > 32 }) else { return nil }
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(bytes)) else {
                throw Complaint(
                    "\(path), line \(number + 1): wanted is a JSON object with a string `text` and, if you like, a string "
                        + "`domain`, such as {\"text\": \"…\", \"domain\": \"law\"}")
            }
            let name = "\(path), line \(number + 1)"
            return Text(name: name, domain: line.domain ?? "other", bytes: Array(line.text.utf8))
        }
    }
}
