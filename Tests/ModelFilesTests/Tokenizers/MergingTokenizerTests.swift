import ModelFiles
import Testing

struct MergingTokenizerTests {
    @Test func `the earliest merge goes first, and of two the one farther left`() throws {
        let description = byteLevel(merges: ["b c", "a b", "a bc"], splits: [])
        #expect(try pieces("abc", description) == ["abc"])
        #expect(try pieces("abab", description) == ["ab", "ab"])
        #expect(try pieces("aabcb", description) == ["a", "abc", "b"])
    }

    /// Long words go another way than short ones.
    @Test func `words of any length are merged alike`() throws {
        let description = byteLevel(merges: ["a b", "b a", "ab ab", "a a", "ba ba"], splits: [])
        var generator = SeededGenerator(state: 3)
        for _ in 0..<200 {
            let word = (0..<Int.random(in: 1...90, using: &generator)).map { _ in
                Bool.random(using: &generator) ? "a" : "b"
            }
            #expect(try pieces(word.joined(), description) == slowly(word, description))
        }
    }

    private func slowly(_ word: [String], _ description: TokenizerDescription) throws -> [String] {
        let merges = try #require(description.merging).merges
        let pairs = stride(from: 0, to: merges.count, by: 2).map {
            (description.pieces[Int(merges[$0])], description.pieces[Int(merges[$0 + 1])])
        }
        var word = word
        while let pair = pairs.first(where: { pair in
            zip(word, word.dropFirst()).contains { $0 == pair.0 && $1 == pair.1 }
        }),
            let place = word.indices.dropLast().first(where: { word[$0] == pair.0 && word[$0 + 1] == pair.1 })
        {
            word.replaceSubrange(place...place + 1, with: [pair.0 + pair.1])
        }
        return word
    }

    @Test func `a word that is a piece is one token where merges are ignored`() throws {
        var description = byteLevel(merges: ["a b", "b c", "ab c"], splits: [TextSplit(" ")])
        #expect(try pieces("abc", description) == ["abc"])
        description.merging?.merges.removeLast(2)
        #expect(try pieces("abc", description) == ["ab", "c"])
        description.merging?.ignoresMerges = true
        #expect(try pieces("abc ab", description) == ["abc", "Ġ", "ab"])
    }

    @Test func `bytes come back as text, whole characters at a time`() throws {
        let tokenizer = try byteLevel(merges: [], splits: []).tokenizer()
        let tokens = tokenizer.encode("é😀".utf8)
        #expect(tokens.count == 6)
        var decoder = StreamingDecoder(tokenizer: tokenizer, continuesText: true)
        #expect(tokens.map { decoder.append($0) } == ["", "é", "", "", "", "😀"])
        #expect(decoder.finish() == "")
        #expect(tokenizer.decode(tokens.dropLast()) == "é\u{FFFD}")
        #expect(tokenizer.decode(tokens.dropFirst()) == "\u{FFFD}😀")
        #expect(Array(tokenizer.decode(tokenizer.encode([0xFF, 0x41])).utf8) == Array("\u{FFFD}A".utf8))
    }

    @Test func `control pieces are found only where it is asked for, and add nothing to a text`() throws {
        let description = byteLevel(merges: [], splits: [], added: [("<end>", .control), ("<x>", .userDefined)])
        let tokenizer = try description.tokenizer()
        #expect(tokenizer.encode("<x>".utf8) == [257])
        #expect(tokenizer.encode("<end>".utf8).count == 5)
        #expect(tokenizer.encode("a<end>".utf8, parsingSpecial: true).last == 256)
        #expect(tokenizer.controlID("<end>") == 256)
        #expect(tokenizer.controlID("<x>") == nil)
        #expect(tokenizer.decode([256, 257]) == "<x>")
    }

    @Test func `added pieces swallow space and keep out of words as they say`() throws {
        var description = byteLevel(merges: [], splits: [], added: [("<x>", .userDefined), ("word", .userDefined)])
        description.merging?.added = [
            AddedPiece(id: 256, stripsLeft: true, stripsRight: true), AddedPiece(id: 257, isSingleWord: true),
        ]
        #expect(try pieces("a  <x>\u{3000}b", description) == ["a", "<x>", "b"])
        #expect(try pieces("word,", description) == ["word", ","])
        #expect(try pieces("words", description) == ["w", "o", "r", "d", "s"])
        #expect(try pieces("éword", description).last == "d")
    }

    @Test func `text is normalized before it is searched for normalized pieces`() throws {
        var description = byteLevel(merges: ["Ã ©"], splits: [], added: [("é", .userDefined)])
        description.merging?.normalization = [.composed]
        #expect(try pieces("e\u{301}", description) == ["Ã©"], "the piece is looked for in the text as it was")
        description.merging?.added = [AddedPiece(id: 256, isNormalized: true)]
        #expect(try pieces("e\u{301}", description) == ["é"])
    }

    @Test func `bytes without a piece are told`() throws {
        var description = byteLevel(merges: [], splits: [])
        description.pieces[0xE4] = "[none]"
        description.kinds[0xE4] = .unused
        let tokenizer = try description.tokenizer()
        #expect(tokenizer.encode("aäa\u{4000}".utf8).count == 4 + 2)
        #expect(tokenizer.losses(in: Array("a\u{4000}".utf8), tokens: .max).unknown == ["\u{4000}": 1])
        #expect(try byteLevel(merges: [], splits: []).tokenizer().losses(in: [0x80], tokens: 0).malformedBytes == 1)
    }

    @Test func `descriptions that contradict themselves are refused`() throws {
        let whole = byteLevel(merges: ["a b"], splits: [])
        var broken = whole
        broken.merging?.merges = [0x61, 999]
        #expect(throws: TokenizerError.self) { try broken.tokenizer() }
        broken.merging?.merges = [0x61, 0x61]
        #expect(throws: TokenizerError.self) { try broken.tokenizer() }
        broken = whole
        broken.merging?.splits = [TextSplit("(a|b)+")]
        #expect(throws: TokenizerError.self) { try broken.tokenizer() }
        broken = whole
        broken.endIDs = [9999]
        #expect(throws: TokenizerError.self) { try broken.tokenizer() }
        broken = whole
        broken.merging = nil
        #expect(throws: TokenizerError.self) { try broken.tokenizer() }
        broken.kind = .sentencePieceBPE
        broken.merging = whole.merging
        #expect(throws: TokenizerError.self) { try SentencePieceTokenizer(whole) }
    }

    private func pieces(_ text: String, _ description: TokenizerDescription) throws -> [String] {
        description.names(try description.tokenizer().encode(text.utf8))
    }
}

/// A vocabulary of the 256 bytes by their own numbers, added pieces, and what merges make.
func byteLevel(
    merges: [String], splits: [TextSplit], added: [(String, TokenizerDescription.PieceKind)] = []
) -> TokenizerDescription {
    var pieces = (UInt8.min...UInt8.max).map { ByteAlphabet.piece(of: [$0]) } + added.map(\.0)
    let pairs = merges.map { $0.split(separator: " ").map(String.init) }
    for pair in pairs where !pieces.contains(pair.joined()) { pieces.append(pair.joined()) }
    var kinds = pieces.map { _ in TokenizerDescription.PieceKind.normal }
    for (index, piece) in added.enumerated() { kinds[256 + index] = piece.1 }
    return TokenizerDescription(
        kind: .byteLevelBPE, pieces: pieces, scores: [], kinds: kinds, unknownID: nil, beginningID: nil, endIDs: [],
        addsBeginning: false, addsSpacePrefix: false, removesExtraSpaces: false,
        merging: MergeRules(merges: pairs.flatMap { $0.map { Int32(pieces.firstIndex(of: $0)!) } }, splits: splits))
}
