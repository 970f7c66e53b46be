import ModelFiles
import Testing

struct SentencePieceTokenizerTests {
    private func pieces(_ text: String, _ description: TokenizerDescription) throws -> [String] {
        description.names(try SentencePieceTokenizer(description).encode(text.utf8))
    }

    @Test func `the pair with the best score is merged first`() throws {
        let description = vocabulary(["a", "b", "c", "bc", "ab"])
        #expect(try pieces("abc", description) == ["a", "bc"])
        #expect(try pieces("abab", description) == ["ab", "ab"])
    }

    @Test func `of pairs with equal scores the leftmost is merged first`() throws {
        let description = vocabulary(["a", "b", "aa", "ab"], scores: ["aa": -1, "ab": -1])
        #expect(try pieces("aaa", description) == ["aa", "a"])
        #expect(try pieces("aab", description) == ["aa", "b"])
    }

    @Test func `a merged piece merges again with its new neighbors`() throws {
        #expect(try pieces("ababab", vocabulary(["a", "b", "ab", "abab"])) == ["abab", "ab"])
        #expect(try pieces("ababab", vocabulary(["a", "b", "ab", "abab", "ababab"])) == ["ababab"])
    }

    @Test func `spaces become blocks, and one stands in front when the model asks for it`() throws {
        let words = ["\u{2581}", "a", "b", "\u{2581}a", "\u{2581}b", "\u{2581}\u{2581}"]
        let plain = vocabulary(words)
        #expect(try pieces("a b", plain) == ["a", "\u{2581}b"])
        #expect(try pieces("a  b", plain) == ["a", "\u{2581}", "\u{2581}b"])
        let prefixed = vocabulary(words, spacePrefix: true)
        #expect(try pieces("a b", prefixed) == ["\u{2581}a", "\u{2581}b"])
        #expect(try pieces(" a", prefixed) == ["\u{2581}", "\u{2581}a"])
        #expect(try pieces("", prefixed) == [])
        #expect(try pieces("\u{2581}a", plain) == ["\u{2581}a"], "a block in the text is a space")
    }

    @Test func `extra spaces are removed when the model asks for it`() throws {
        let description = vocabulary(["\u{2581}", "a", "b"], spacePrefix: true, removesExtraSpaces: true)
        #expect(try pieces("  a   b  ", description) == ["\u{2581}", "a", "\u{2581}", "b"])
        #expect(try pieces("   ", description) == [])
    }

    @Test func `what is not in the vocabulary becomes its bytes, or one unknown per run`() throws {
        #expect(
            try pieces("aé€a", vocabulary(["a"], bytes: true))
                == ["a", "<0xC3>", "<0xA9>", "<0xE2>", "<0x82>", "<0xAC>", "a"])
        #expect(try pieces("aé€a€", vocabulary(["a"])) == ["a", "<unk>", "a", "<unk>"])
    }

    @Test func `each byte that is not UTF-8 becomes a replacement character`() throws {
        let description = vocabulary(["a", "\u{FFFD}", "€"])
        let tokenizer = try SentencePieceTokenizer(description)
        #expect(
            description.names(tokenizer.encode([0xE2, 0x82, 0x61, 0xE2, 0x82, 0xAC]))
                == ["\u{FFFD}", "\u{FFFD}", "a", "€"])
        #expect(description.names(tokenizer.encode([0xED, 0xA0, 0x80])) == ["\u{FFFD}", "\u{FFFD}", "\u{FFFD}"])
    }

    @Test func `composed and decomposed characters are different pieces`() throws {
        let description = vocabulary(["\u{E9}", "e\u{301}", "e", "\u{301}"])
        let tokenizer = try SentencePieceTokenizer(description)
        #expect(tokenizer.encode("\u{E9}".utf8) == [3])
        #expect(tokenizer.encode("e\u{301}".utf8) == [4])
    }

    @Test func `user-defined symbols are taken whole, the longest first, and never merged`() throws {
        let description = vocabulary(
            ["a", "b", "c", "ab", "bc", "xa", "<t>", "<t>!", "!"],
            kinds: ["bc": .userDefined, "<t>": .userDefined, "<t>!": .userDefined])
        #expect(try pieces("abc", description) == ["a", "bc"])
        #expect(try pieces("<t>!!<t>a", description) == ["<t>!", "!", "<t>", "a"])
    }

    @Test func `control pieces are not found in a text unless they are asked for`() throws {
        let description = vocabulary(["<", "s", ">", "a"], spacePrefix: false)
        let tokenizer = try SentencePieceTokenizer(description)
        #expect(description.names(tokenizer.encode("a<s>a".utf8)) == ["a", "<", "s", ">", "a"])
        #expect(description.names(tokenizer.encode("a<s>a".utf8, parsingSpecial: true)) == ["a", "<s>", "a"])
        #expect(tokenizer.encode("a<s>a".utf8, parsingSpecial: false) == tokenizer.encode("a<s>a".utf8))
        #expect(tokenizer.controlID("<s>") == 1)
        #expect(tokenizer.controlID("<s>a") == nil)
    }

    @Test func `unused pieces are taken apart the way they were put together`() throws {
        let description = vocabulary(
            ["a", "b", "c", "ab", "abc"], kinds: ["ab": .unused, "abc": .unused])
        #expect(try pieces("abc", description) == ["a", "b", "c"])
        let helper = vocabulary(["a", "b", "c", "ab", "abc"], kinds: ["ab": .unused])
        #expect(try pieces("abc", helper) == ["abc"], "an unused piece may be a step")
    }

    @Test func `bytes and controls are decoded, and the first space is dropped`() throws {
        let description = vocabulary(["\u{2581}a", "\u{2581}", "b\u{2581}b"], bytes: true, spacePrefix: true)
        let tokenizer = try SentencePieceTokenizer(description)
        let newline = 3 + 3 + 10
        #expect(tokenizer.decode([1, 3, 3, newline, 5, 0, 2]) == "a a\nb b \u{2047} ")
        #expect(tokenizer.decode([4, 3]) == " a", "only one space was put in front")
        #expect(tokenizer.bytes(of: 3, isFirst: false) == Array(" a".utf8))
        #expect(tokenizer.bytes(of: 1 << 40, isFirst: false) == [], "models pad their vocabulary")
    }

    @Test func `a long word does not take quadratic time`() throws {
        let description = vocabulary(["a", "aa", "aaa", "aaaa", "aaaaaaaa"])
        let ids = try SentencePieceTokenizer(description).encode(Array(repeating: UInt8(ascii: "a"), count: 400_000))
        #expect(ids == Array(repeating: 7, count: 50_000))
    }

    @Test(
        arguments: [
            (["a", "b", "ab", "\u{2581}a", "!", "!!", "7", "77"], [:], false),
            (["a", "b", "ab", "\u{2581}a", "!", "!!", "7", "77"], [:], true),
            (["a", "b", "ba", "!", "b!\u{2581}", "a7a"], ["b!\u{2581}": .userDefined], false),
        ] as [([String], [String: TokenizerDescription.PieceKind], Bool)])
    func `a long text has the same pieces whether it is cut into words or not`(
        known: [String], kinds: [String: TokenizerDescription.PieceKind], bytes: Bool
    ) throws {
        // Some of these have no piece, and stand at the end of one word and the start of the next.
        let parts = ["ab aba", "!!", "é€", "77a7", " ", "\n", "?\u{3000}!", "abab! ", "ab!  a7a"]
        var numbers = SeededGenerator(state: 1)
        let text = (0..<2000).map { _ in parts[Int.random(in: 0..<parts.count, using: &numbers)] }.joined()
        for spacePrefix in [false, true] {
            let cut = vocabulary(["\u{2581}"] + known, kinds: kinds, bytes: bytes, spacePrefix: spacePrefix)
            // An unused piece, which is never met, keeps a text whole.
            let whole = vocabulary(
                ["\u{2581}"] + known + ["zz"], kinds: kinds.merging(["zz": .unused]) { $1 }, bytes: bytes,
                spacePrefix: spacePrefix)
            #expect(try pieces(text, cut) == pieces(text, whole))
        }
    }

    @Test func `a description that contradicts itself is refused`() {
        var description = vocabulary(["a"])
        description.unknownID = nil
        #expect(throws: TokenizerError.self) { try SentencePieceTokenizer(description) }
        description = vocabulary(["a"])
        description.endIDs = [4]
        #expect(throws: TokenizerError.self) { try SentencePieceTokenizer(description) }
        description = vocabulary(["a"])
        description.scores.removeLast()
        #expect(throws: TokenizerError.self) { try SentencePieceTokenizer(description) }
        description = vocabulary(["<0xG0>"], kinds: ["<0xG0>": .byte])
        #expect(throws: TokenizerError.self) { try SentencePieceTokenizer(description) }
    }
}
