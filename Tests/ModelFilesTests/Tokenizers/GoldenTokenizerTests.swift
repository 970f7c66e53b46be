import Foundation
import ModelFiles
import Testing

/// Hard strings and what the `sentencepiece` package makes of them (`Tests/Golden/golden_tokenizers.py`).
struct GoldenTokenizerTests {
    private struct Case: Decodable {
        let text: Data
        let tokens: [Int]
        let decoded: Data
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Golden/tokenizers")

    @Test(.enabled(if: FileManager.default.fileExists(atPath: folder.path)), arguments: ["stories", "symbols"])
    func `ids and texts are those of the sentencepiece package`(name: String) throws {
        let model = try SentencePieceModel(path: Self.folder.appending(path: "\(name).model").path)
        let tokenizer = try SentencePieceTokenizer(model.description)
        let golden = try Data(contentsOf: Self.folder.appending(path: "\(name).json"))
        for example in try JSONDecoder().decode([Case].self, from: golden) {
            #expect(tokenizer.encode(example.text) == example.tokens)
            #expect(Data(tokenizer.decode(example.tokens).utf8) == example.decoded)
        }
    }
}
