import Foundation

/// What the reference programs computed for one model (see Tests/Golden/README.md).
struct Golden: Decodable {
    struct Sequence: Decodable {
        struct Layer: Decodable {
            var experts: [[Int]]
            var weights: [[Float]]
        }

        var tokens: [Int]
        var logprobs: [Double?]
        var exactLogprobs: [Double?]?
        var layers: [Layer]
    }

    var sequences: [Sequence]

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden")

    init(_ name: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Golden.self, from: Data(contentsOf: Self.folder.appending(path: name)))
    }
}
