import Foundation
import ModelFiles
import Testing

/// Strings and what Hugging Face's tokenizers make of them in every way to cut text
/// (`Tests/Golden/golden_byte_level.py`).
struct GoldenByteLevelTests {
    struct Family: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let ignoreMerges: Bool
        let normalizer: String
        let preTokenizer: String
        let tokens: [[Int]]

        var testDescription: String { name }
    }

    private struct Cases: Decodable {
        let texts: [Data]
        var families: [Family]?
        var tokens: [[Int]]?
        var decoded: [Data]?
    }

    private static let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Golden/tokenizers")
    private static let bytes = try? cases("bytes")

    private static func cases(_ name: String) throws -> Cases {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Cases.self, from: Data(contentsOf: golden.appending(path: "\(name)-cases.json")))
    }

    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The golden vocabulary as a `tokenizer.json` of a family.
    private func description(_ family: Family) throws -> TokenizerDescription {
        var json = try String(contentsOf: Self.golden.appending(path: "bytes.json"), encoding: .utf8)
        json.replace(#""pre_tokenizer":null"#, with: #""pre_tokenizer":\#(family.preTokenizer)"#)
        json.replace(#""normalizer":null"#, with: #""normalizer":\#(family.normalizer)"#)
        json.replace(#""ignore_merges":false"#, with: #""ignore_merges":\#(family.ignoreMerges)"#)
        return try ModelFile.tokenizer(path: folder.write(json, as: "tokenizer.json"))
    }

    @Test func `there are golden files`() { #expect(Self.bytes?.families?.count == 17) }

    @Test(arguments: bytes?.families ?? [])
    func `ids are those of Hugging Face's tokenizers however text is cut`(family: Family) throws {
        let tokenizer = try description(family).tokenizer()
        for (text, tokens) in zip(Self.bytes?.texts ?? [], family.tokens) {
            #expect(tokenizer.encode(text) == tokens, "\(String(decoding: text, as: UTF8.self).debugDescription)")
            if family.normalizer == "null", !tokens.contains(where: { tokenizer.description.kinds[$0] != .normal }) {
                #expect(Data(tokenizer.decode(tokens).utf8) == text)
            }
        }
    }

    /// What a GGUF file has of it: the pieces, the merges, and the name of the way to cut.
    @Test(arguments: bytes?.families ?? [])
    func `a GGUF file cuts by name as the tokenizer.json does by its expressions`(family: Family) throws {
        let known = try description(family)
        let merging = try #require(known.merging)
        var file = GGUFBytes()
        file.set("tokenizer.ggml.model", "gpt2")
        file.set("tokenizer.ggml.pre", family.name)
        file.set("tokenizer.ggml.tokens", known.pieces)
        file.set("tokenizer.ggml.token_type", known.kinds.map { Int32($0.rawValue) })
        file.set("tokenizer.ggml.bos_token_id", UInt32(0))
        file.set(
            "tokenizer.ggml.merges",
            stride(from: 0, to: merging.merges.count, by: 2).map {
                "\(known.pieces[Int(merging.merges[$0])]) \(known.pieces[Int(merging.merges[$0 + 1])])"
            })
        let path = try folder.write(file.encoded, as: "vocabulary.gguf")
        let other = try ModelFile.tokenizer(path: path)
        #expect(other.merging?.merges == merging.merges)
        #expect(other.merging?.ignoresMerges == merging.ignoresMerges)
        // Such a file says nothing of normalization and of how added pieces are looked for.
        var plain = known
        plain.merging?.normalization = []
        plain.merging?.added = []
        let (one, two) = try (plain.tokenizer(), other.tokenizer())
        for text in Self.bytes?.texts ?? [] { #expect(one.encode(text) == two.encode(text)) }
    }

    @Test func `a vocabulary of characters in a tokenizer.json does what Hugging Face's tokenizers do`() throws {
        let description = try ModelFile.tokenizer(path: Self.golden.appending(path: "characters.json").path)
        #expect(description.kind == .mergedBPE)
        #expect(description.addsBeginning && description.beginning == [1])
        let tokenizer = try description.tokenizer()
        let cases = try Self.cases("characters")
        for (index, text) in cases.texts.enumerated() {
            let tokens = cases.tokens?[index] ?? []
            #expect(tokenizer.encode(text) == tokens, "\(String(decoding: text, as: UTF8.self).debugDescription)")
            #expect(Data(tokenizer.decode(tokens).utf8) == cases.decoded?[index])
        }
    }
}
