import ModelFiles
import Testing

struct StreamingDecoderTests {
    private let description = vocabulary(["\u{2581}a", "b", "\u{2581}"], bytes: true, spacePrefix: true)

    private func byte(_ value: Int) -> Int { 6 + value }

    private func outputs(_ tokens: [Int], continuesText: Bool = false) throws -> [String] {
        let tokenizer = try SentencePieceTokenizer(description)
        var decoder = StreamingDecoder(tokenizer: tokenizer, continuesText: continuesText)
        var outputs = tokens.map { decoder.append($0) }
        outputs.append(decoder.finish())
        return outputs
    }

    @Test func `a character appears when its last byte does`() throws {
        #expect(try outputs([0xE2, 0x82, 0xAC].map(byte)) == ["", "", "€", ""])
        #expect(try outputs([0xF0, 0x9F, 0x98, 0x80].map(byte)) == ["", "", "", "😀", ""])
    }

    @Test func `bytes that cannot become a character are replaced at once`() throws {
        #expect(try outputs([byte(0x80)]) == ["\u{FFFD}", ""])
        #expect(try outputs([byte(0xC0)]) == ["\u{FFFD}", ""])
        #expect(try outputs([byte(0xE2), byte(0x41)]) == ["", "\u{FFFD}A", ""])
        #expect(try outputs([byte(0xED), byte(0xA0)]) == ["", "\u{FFFD}\u{FFFD}", ""], "half of a surrogate pair")
        #expect(try outputs([byte(0xE2), byte(0xE2), byte(0x82), byte(0xAC)]) == ["", "\u{FFFD}", "", "€", ""])
    }

    @Test func `bytes that are cut off are replaced at the end`() throws {
        #expect(try outputs([byte(0xE2), byte(0x82)]) == ["", "", "\u{FFFD}\u{FFFD}"])
        #expect(try outputs([byte(0xE2), 4]) == ["", "\u{FFFD}b", ""])
        #expect(try outputs([byte(0xE2), 1, byte(0x82), byte(0xAC)]) == ["", "\u{FFFD}", "\u{FFFD}", "\u{FFFD}", ""])
    }

    @Test func `the first space is dropped only where a text begins`() throws {
        #expect(try outputs([1, 3, 3]) == ["", "a", " a", ""])
        #expect(try outputs([5, 3]) == ["", " a", ""])
        #expect(try outputs([byte(0xE2), 3]) == ["", "\u{FFFD} a", ""])
        #expect(try outputs([3, 3], continuesText: true) == [" a", " a", ""])
    }

    @Test func `what is streamed is what is decoded at once, and never half a character`() throws {
        let tokenizer = try SentencePieceTokenizer(description)
        var generator = SeededGenerator(state: 1)
        for _ in 0..<500 {
            let tokens = (0..<20).map { _ in Int.random(in: 0..<description.pieces.count, using: &generator) }
            let streamed = try outputs(tokens)
            #expect(streamed.joined() == tokenizer.decode(tokens))
        }
    }
}
