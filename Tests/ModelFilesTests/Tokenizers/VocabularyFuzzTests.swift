import Foundation
import ModelFiles
import Testing

/// Broken vocabularies are refused, or can be used: each goes the whole way from the file to ids and back.
@Suite struct VocabularyFuzzTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: 0..<4) func `changed files tokenizer.json open or are refused`(seed: Int) throws {
        var mutator = Mutator(seed: FuzzEffort.seed(seed))
        var generator = SeededGenerator(state: UInt64(FuzzEffort.seed(seed)))
        let wholes = [Self.byteLevel, Self.characters]
        let words = wholes.map(Self.words)
        for turn in 0..<FuzzEffort.tries(12_500) {
            let kind = turn % 2
            let bytes =
                turn % 4 < 2
                ? Self.changed(words[kind], using: &generator).flatMap(\.self)
                : mutator.mutated(Array(wholes[kind].utf8), before: wholes[kind].utf8.count)
            try expectTokenizerOrError(folder.write(bytes, as: "tokenizer.json"))
        }
    }

    @Test(arguments: 0..<4) func `changed GGUF files of nothing but a vocabulary open or are refused`(seed: Int) throws
    {
        let whole = Self.gguf.encoded
        var mutator = Mutator(seed: FuzzEffort.seed(seed + 10))
        for _ in 0..<FuzzEffort.tries(5_000) {
            let bytes = mutator.mutated(whole, before: whole.count)
            try expectTokenizerOrError(folder.write(bytes, as: "vocabulary.gguf"))
        }
    }

    private func expectTokenizerOrError(_ path: String) throws {
        do {
            let description = try ModelFile.tokenizer(path: path)
            let tokenizer = try description.tokenizer()
            let ids = tokenizer.encode("the 12 ab\0 ä東 <think><|x|>\n\n".utf8, parsingSpecial: true)
            _ = tokenizer.decode(ids)
            try #require(ids.allSatisfy(description.pieces.indices.contains))
        } catch let error as ModelFileError {
            try #require(!error.description.isEmpty)
        } catch let error as TokenizerError {
            try #require(!error.description.isEmpty)
        }
        let growth = peakMemory - Self.memoryAtStart
        try #require(growth < 1 << 30, "\(growth) bytes more memory than at the start")
    }

    private static let memoryAtStart = peakMemory
}

extension VocabularyFuzzTests {
    private static let marks = """
        "added_tokens": [{"id": 9, "content": "<|x|>", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true}, {"id": 10, "content": "<think>", "single_word": true, "lstrip": true,
        "rstrip": true, "normalized": true, "special": false}]
        """

    private static let byteLevel = """
        {"version": "1.0", \(marks), "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace",
        "pattern": {"Regex": " {2,}"}, "content": " "}, {"type": "Strip", "strip_left": true, "strip_right": false}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex":
        "(?i:'s|'t)|[^\\\\r\\\\n\\\\p{L}]?\\\\p{L}+|\\\\p{N}{1,3}|\\\\s+(?!\\\\S)|\\\\s+$"}, "behavior": "Isolated", "invert": false},
        {"type": "Split", "pattern": {"String": "b"}, "behavior": "MergedWithPrevious", "invert": true},
        {"type": "Digits", "individual_digits": false}, {"type": "Punctuation", "behavior": "Contiguous"},
        {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]}, "post_processor": {"type":
        "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|x|>", "type_id": 0}}, {"Sequence": {"id": "A"}}],
        "special_tokens": {"<|x|>": {"id": "<|x|>", "ids": [9], "tokens": ["<|x|>"]}}}, "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "ignore_merges": true, "fuse_unk": false, "vocab":
        {"t": 0, "h": 1, "e": 2, "th": 3, "the": 4, "Ġ": 5, "Ã": 6, "¤": 7, "Ã¤": 8}, "merges": ["t h", "th e", ["Ã", "¤"]]}}
        """

    private static let characters = """
        {\(marks), "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type":
        "Replace", "pattern": {"String": " "}, "content": "▁"}]}, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁",
        "prepend_scheme": "first", "split": true}, "post_processor": {"type": "Sequence", "processors": [{"type":
        "BertProcessing", "cls": ["<|x|>", 9], "sep": ["<|x|>", 9]}]}, "decoder": {"type": "Sequence", "decoders": [{"type":
        "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip",
        "content": " ", "start": 1, "stop": 0}]}, "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true,
        "byte_fallback": false, "vocab": {"<unk>": 0, "t": 1, "h": 2, "e": 3, "th": 4, "the": 5, "▁": 6, "▁the": 7, "ä": 8},
        "merges": [["t", "h"], ["th", "e"], ["▁", "the"]]}}
        """

    private static let gguf: GGUFBytes = {
        var gguf = GGUFBytes()
        let pieces = ["t", "h", "e", "th", "the", "Ġ", "Ã", "¤", "Ã¤", "<|x|>", "<think>", ""]
        gguf.set("general.architecture", "llama")
        gguf.set("tokenizer.ggml.model", "gpt2")
        gguf.set("tokenizer.ggml.pre", "deepseek-v3")
        gguf.set("tokenizer.ggml.tokens", pieces)
        gguf.set("tokenizer.ggml.token_type", [1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 4, 5] as [Int32])
        gguf.set("tokenizer.ggml.merges", ["t h", "th e", "Ã ¤"])
        gguf.set("tokenizer.ggml.bos_token_id", 9 as UInt32)
        gguf.set("tokenizer.ggml.eos_token_id", 9 as UInt32)
        gguf.set("tokenizer.ggml.add_bos_token", true)
        return gguf
    }()

    /// Strings, numbers, words and punctuation of some JSON.
    private static func words(of json: String) -> [[UInt8]] {
        var words: [[UInt8]] = [[]]
        var isText = false
        for byte in json.utf8 {
            let isQuote = byte == UInt8(ascii: "\"")
            if isQuote, !isText { words.append([]) }
            if !isText, "{}[]:, \n".utf8.contains(byte) { words.append([]) }
            words[words.count - 1].append(byte)
            if isQuote { isText.toggle() }
        }
        return words.filter { !$0.isEmpty }
    }

    private static let strangers = [
        "null", "true", "false", "-1", "1e400", "4194303", "4194304", "9", "0.5", "\"\"", "\"▁\"", "\"Regex\"",
        "\"String\"",
        "\"Isolated\"", "\"Removed\"", "\"MergedWithNext\"", "\"Metaspace\"", "\"ByteLevel\"", "\"Digits\"", "\"NFC\"",
        "\"Strip\"", "\"always\"", "\"\\ud800\"", "\"\\u0000\"", #""(?:a|b)*""#, #""[ab]*a[ab]{30}""#, #""\\p{Greek}""#,
        "[]", "{}", "[[[[[[[[", #"{"type": "Sequence"}"#, "\"<unk>\"", "\"t h\"", "\"th\"", ",", ":",
    ].map { Array($0.utf8) }

    private static func changed(_ words: [[UInt8]], using generator: inout SeededGenerator) -> [[UInt8]] {
        var words = words
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0..<words.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: words.remove(at: place)
            case 1: words.swapAt(place, Int.random(in: 0..<words.count, using: &generator))
            default: words[place] = strangers.randomElement(using: &generator)!
            }
        }
        return words
    }
}
