import Foundation
import ModelFiles
import Testing

/// Models whose vocabulary is a `tokenizer.json`.
@Suite struct ByteLevelModelTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a folder with a tokenizer.json is read with all that it says`() throws {
        try TinyModel().writeByteLevel(to: folder)
        let description = try ModelFile.open(path: folder.path).tokenizer
        #expect(description.kind == .byteLevelBPE)
        #expect(description.pieces.suffix(4) == ["Ġthe", "<|im_end|>", "<think>", "[PAD261]"])
        #expect(description.kinds.suffix(4) == [.normal, .control, .userDefined, .unused])
        #expect(description.beginning == [259] && description.addsBeginning)
        #expect(description.endIDs == [259, 2])
        let rules = try #require(description.merging)
        #expect(rules.normalization == [.composed])
        #expect(rules.splits.map(\.pattern).first == #"\p{N}"#)
        #expect(rules.added == [AddedPiece(id: 260, stripsLeft: true, isSingleWord: true, isNormalized: true)])
        #expect(try description.tokenizer().encode("the the <think>".utf8) == [257, 258, 260])
    }

    @Test func `what the settings beside it say goes before`() throws {
        try TinyModel().writeByteLevel(to: folder)
        try folder.write(#"{"add_bos_token": false, "add_eos_token": true}"#, as: "tokenizer_config.json")
        let description = try ModelFile.open(path: folder.path).tokenizer
        #expect(!description.addsBeginning)
        #expect(description.addsEnd == true)
    }

    @Test func `it is written as a folder and read back the same`() throws {
        try TinyModel().writeByteLevel(to: folder)
        let source = try ModelFile.open(path: folder.path)
        let path = folder.path + "/out"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data().write(to: URL(filePath: path + "/tokenizer.model"))
        try Exporter(source).write(.huggingFace, to: path)
        #expect(!FileManager.default.fileExists(atPath: path + "/tokenizer.model"), "that of another model is gone")
        #expect(try ModelFile.open(path: path).tokenizer == source.tokenizer)
    }

    @Test func `it is written as a GGUF that cuts text alike`() throws {
        try TinyModel().writeByteLevel(to: folder)
        let source = try ModelFile.open(path: folder.path)
        try Exporter(source).write(.gguf, to: folder.path + "/out.gguf")
        let other = try ModelFile.open(path: folder.path + "/out.gguf").tokenizer
        #expect(other.pieces == source.tokenizer.pieces)
        #expect(other.kinds == source.tokenizer.kinds)
        #expect(other.merging?.merges == source.tokenizer.merging?.merges)
        #expect(other.beginningID == 259 && other.addsBeginning)
        let text = "the 123 others, they say".utf8
        #expect(try other.tokenizer().encode(text) == source.tokenizer.tokenizer().encode(text))
    }

    @Test func `a way to cut that has no name in a GGUF is told before anything is written`() throws {
        let json = TinyModel.tokenizerJSON.replacing(
            #"{"type": "Digits", "individual_digits": true}"#,
            with: #"{"type": "Punctuation", "behavior": "Contiguous"}"#)
        try TinyModel().writeByteLevel(to: folder, json)
        let source = try ModelFile.open(path: folder.path)
        let error = #expect(throws: ModelFileError.self) {
            try Exporter(source).write(.gguf, to: folder.path + "/out.gguf")
        }
        #expect(error?.description.contains("has no name for the way it cuts text") ?? false)
        try Exporter(source).write(.huggingFace, to: folder.path + "/out")
        #expect(try ModelFile.open(path: folder.path + "/out").tokenizer == source.tokenizer)
    }

    @Test func `characters with scores in their order become SentencePiece's in a GGUF`() throws {
        try TinyModel().writeByteLevel(to: folder, Self.characters(merges: #"["▁ a"], ["a", "b"]"#))
        let source = try ModelFile.open(path: folder.path)
        #expect(source.tokenizer.kind == .mergedBPE)
        try Exporter(source).write(.gguf, to: folder.path + "/out.gguf")
        let other = try ModelFile.open(path: folder.path + "/out.gguf").tokenizer
        #expect(other.kind == .sentencePieceBPE)
        for text in ["a", "ab", "abab b", "b  aab", "é"] {
            #expect(
                try other.tokenizer().encode(text.utf8) == source.tokenizer.tokenizer().encode(text.utf8), "\(text)")
        }
        // "ab" could be made of pieces, and SentencePiece would.
        try folder.write(Self.characters(merges: #"["▁", "a"]"#), as: "tokenizer.json")
        let unordered = try ModelFile.open(path: folder.path)
        #expect(throws: ModelFileError.self) { try Exporter(unordered).write(.gguf, to: folder.path + "/out.gguf") }
        try Exporter(unordered).write(.huggingFace, to: folder.path + "/out")
        #expect(try ModelFile.open(path: folder.path + "/out").tokenizer == unordered.tokenizer)
    }

    private static func characters(merges: String) -> String {
        let bytes = (0...255).map { String(format: "\"<0x%02X>\": %d", $0, $0) }
        let others = ["<unk>", "▁", "a", "b", "▁a", "ab"].enumerated().map { "\"\($1)\": \($0 + 256)" }
        let merges = merges.replacing(#"["▁ a"]"#, with: #""▁ a""#)
        return """
            {"normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}, "pre_tokenizer": null,
            "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
            "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
            "vocab": {\((bytes + others).joined(separator: ", "))}, "merges": [\(merges)]}}
            """
    }

    @Test(arguments: [
        (#""type": "BPE""#, #""type": "Unigram""#, "its model is Unigram"),
        (#""type": "BPE""#, #""type": "WordPiece""#, "its model is WordPiece"),
        (#""dropout": null"#, #""dropout": 0.1"#, "dropout 0.1"),
        (#""end_of_word_suffix": null"#, #""end_of_word_suffix": "</w>""#, "end_of_word_suffix"),
        (#"{"type": "NFC"}"#, #"{"type": "NFKC"}"#, "its normalizer is NFKC"),
        (
            #"{"type": "NFC"}"#, #"{"type": "Sequence", "normalizers": [{"type": "Lowercase"}]}"#,
            "its normalizer is Lowercase"
        ),
        (
            #"{"type": "Digits", "individual_digits": true}"#, #"{"type": "Whitespace"}"#,
            "its pre-tokenizer is Whitespace"
        ),
        (
            #"{"type": "Digits", "individual_digits": true}"#,
            #"{"type": "Split", "pattern": {"Regex": "(a|b)+"}, "behavior": "Isolated"}"#, "a group that is repeated"
        ),
        (
            #"{"type": "Digits", "individual_digits": true}"#,
            #"{"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Sideways"}"#, "the behavior Sideways"
        ),
        (#""decoder": {"type": "ByteLevel""#, #""decoder": {"type": "WordPiece""#, "its decoder is WordPiece"),
        (#""decoder": {"type": "ByteLevel""#, #""decoder": {"type": "Fuse""#, "no decoder that puts spaces back"),
        (#"{"type": "TemplateProcessing""#, #"{"type": "Reversing""#, "its post-processor is Reversing"),
        (#""ids": [259]"#, #""ids": [999]"#, "token without id"),
        (#"["Ġ", "the"]"#, #"["Ġ", "q", "u"]"#, "merge 2 is not of two pieces"),
        (#""th e""#, #""th qu""#, #"merge 1 is of "qu""#),
        (#""t h""#, #""h h""#, "together are no piece"),
        (#""the": 257"#, #""the": 256"#, "two pieces of its vocabulary have the id 256"),
        (#""the": 257"#, #""the": 4000000000"#, "no id from 0"),
        (#""the": 257"#, #""the": 1.5"#, "no id from 0"),
        (#""the": 257"#, #""the": 300"#, "id 300, but the model knows 262"),
        (#"{"id": 259"#, #"{"id": 258"#, "has the id 258 of"),
        (#"{"version": "1.0""#, String(repeating: "[", count: 100), "64 levels deep"),
        (#"{"version": "1.0""#, #"{"version": "1.0"#, "not what JSON has"),
        (#"{"version": "1.0""#, #"{"version": "\ud800""#, "half a character"),
    ]) func `a tokenizer.json with what is not known is refused by name`(
        good: String, bad: String, finding: String
    ) throws {
        try TinyModel().writeByteLevel(to: folder, TinyModel.tokenizerJSON.replacing(good, with: bad))
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: folder.path) }
        let message = error?.description ?? ""
        #expect(message.contains(finding) && message.contains("tokenizer.json"), "\(message)")
    }
}
