import ModelFiles
import Testing

struct TextLossesTests {
    private func losses(_ text: [UInt8], _ description: TokenizerDescription, tokens: Int = .max) throws -> TextLosses {
        try SentencePieceTokenizer(description).losses(in: text, tokens: tokens)
    }

    private func losses(_ text: String, _ description: TokenizerDescription, tokens: Int = .max) throws -> TextLosses {
        try losses(Array(text.utf8), description, tokens: tokens)
    }

    @Test func `characters that are in no piece are counted, in the order in which they come`() throws {
        let found = try losses("ab東a京東!", vocabulary(["a", "b", "ab"]))
        #expect(found.unknownInOrder == ["東", "京", "!"])
        #expect(found.unknown == ["東": 2, "京": 1, "!": 1])
        #expect(found.malformedBytes == 0)
    }

    @Test func `a character that is a piece only with its neighbor is known beside it`() throws {
        let found = try losses("abxa", vocabulary(["a", "bx"]))
        #expect(found == TextLosses())
        #expect(try losses("ab", vocabulary(["a", "bx"])).unknown == ["b": 1])
    }

    @Test func `where bytes are spelled out nothing is unknown`() throws {
        #expect(try losses("a東\u{0}", vocabulary(["a"], bytes: true)) == TextLosses())
    }

    @Test func `malformed bytes are counted by themselves`() throws {
        let found = try losses([97, 0xFF, 0xE6, 0x9D] + Array("東\u{FFFD}".utf8), vocabulary(["a"]))
        #expect(found.malformedBytes == 3)
        #expect(found.unknown == ["東": 1, "\u{FFFD}": 1])
    }

    @Test func `a text is looked at as far as its tokens are used`() throws {
        let description = vocabulary(["a", "b", "\u{2581}"])
        // a, unknown, b, the space, unknown, a
        #expect(try losses("a??b ?!a", description, tokens: 3).unknown == ["?": 2])
        #expect(try losses("a??b ?!a", description, tokens: 5).unknown == ["?": 3, "!": 1])
        #expect(try losses("a??b ?!a", description, tokens: 0).unknown.isEmpty)
    }

    @Test func `losses of texts add up`() throws {
        let description = vocabulary(["a"])
        var sum = try losses("x", description)
        sum += try losses([97, 0xFF, 120, 121], description)
        #expect(sum.unknown == ["x": 2, "y": 1])
        #expect(sum.unknownInOrder == ["x", "y"])
        #expect(sum.malformedBytes == 1)
    }
}
