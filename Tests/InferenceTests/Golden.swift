import Foundation

/// Models and numbers of the reference programs (see Tests/Golden/README.md).
enum Golden {
    static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden").appending(path: name).path
    }

    /// Token sequences and their log-probabilities.
    static func sequences(_ name: String) throws -> [Sequence] {
        try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(fileURLWithPath: path(name)))).sequences
    }

    struct Sequence: Decodable {
        var tokens: [Int]
        var logprobs: [Double?]
    }

    private struct File: Decodable {
        var sequences: [Sequence]
    }
}
