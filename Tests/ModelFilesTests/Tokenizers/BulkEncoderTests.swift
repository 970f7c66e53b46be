import ModelFiles
import Testing

struct BulkEncoderTests {
    private let text = "Wie süß! 37+58=95\n\tEs  war\u{3000}„einmal“ — e\u{301}é 東京🦊."

    private func ids(_ text: [UInt8], _ description: TokenizerDescription) throws -> [Int] {
        var encoder = try BulkEncoder(description)
        var ids: [Int32] = []
        try encoder.encode(text, into: &ids)
        return ids.map(Int.init)
    }

    private func characters(of text: String) -> TokenizerDescription { .characters(Set(text.unicodeScalars)) }

    @Test func `characters have their own tokens in the order of their numbers, the space as its own sign`() throws {
        let description = characters(of: "ba é")
        #expect(description.pieces == ["<unk>", "<s>", "</s>", "a", "b", "é", "\u{2581}"])
        #expect(try ids(Array("ab é".utf8), description) == [3, 4, 6, 5])
    }

    @Test(arguments: [0, 1, 2])
    func `a text comes back as it was, and its ids are those of the tokenizer`(kind: Int) throws {
        let description =
            switch kind {
            case 0: characters(of: text)
            case 1: TokenizerDescription.bytes
            default:
                vocabulary(["\u{2581}", "e", "i", "ei", "\u{2581}w", "\n", "!\u{2581}", "3", "7", "37"], bytes: true)
            }
        let tokenizer = try SentencePieceTokenizer(description)
        let ids = try ids(Array(text.utf8), description)
        #expect(tokenizer.decode(ids).utf8.elementsEqual(text.utf8))
        #expect(ids == tokenizer.encode(text.utf8))
    }

    @Test func `unknown characters become one unknown token for a run of them`() throws {
        let description = characters(of: "ab ")
        #expect(try ids(Array("axyb z".utf8), description) == [3, 0, 4, 5, 0])
        #expect(try SentencePieceTokenizer(description).encode("axyb z".utf8) == [3, 0, 4, 5, 0])
    }

    @Test func `bytes take anything, even a sign that stands for a space`() throws {
        let bytes: [UInt8] = [0, 255, 0x20, 0xE2, 0x96, 0x81, 10]
        let ids = try ids(bytes, .bytes)
        #expect(ids == [3, 258, 259, 3 + 0xE2, 3 + 0x96, 3 + 0x81, 13])
        let tokenizer = try SentencePieceTokenizer(.bytes)
        #expect(ids.flatMap { tokenizer.bytes(of: $0, isFirst: false) } == bytes)
    }

    @Test func `a NUL is text: the piece of its byte, or unknown`() throws {
        #expect(try ids([97, 0, 98], vocabulary(["a", "b"], bytes: true)) == [3, 5, 4])
        let description = TokenizerDescription.characters(["a", "b"])
        #expect(try ids([97, 0, 98], description) == [3, 0, 4])
        for description in [vocabulary(["a", "b"], bytes: true), description] {
            let tokenizer = try SentencePieceTokenizer(description)
            let long = [UInt8](repeating: 97, count: 2000) + [0, 0, 98]
            for text in [[97, 0, 98], long] as [[UInt8]] {
                #expect(try ids(text, description) == tokenizer.encode(text))
            }
        }
    }

    @Test func `no vocabulary that is made of a text has a piece with a NUL`() throws {
        var census = CharacterCensus()
        try census.insert(charactersOf: [97, 0, 98])
        #expect(census.characters == ["a", "b"])
        var trainer = BytePairTrainer()
        try trainer.add([97, 0, 0, 98, 0, 0, 98])
        let description = trainer.description(size: 300)
        #expect(!description.pieces.contains { $0.utf8.contains(0) })
        #expect(try ids([0, 97], description).first == 3)
    }

    @Test func `what is no text is found at its byte`() throws {
        let description = characters(of: "ab")
        for (bytes, offset) in [([97, 98, 0xC0], 2), ([97, 0xFF, 97], 1), ([0xE2, 0x96], 0)] as [([UInt8], Int)] {
            #expect { try ids(bytes, description) } throws: { ($0 as? MalformedText)?.offset == offset }
        }
    }

    @Test func `a vocabulary changes its digest with whatever changes ids`() {
        var other = TokenizerDescription.bytes
        #expect(other.digest == TokenizerDescription.bytes.digest)
        other.addsBeginning = true
        #expect(other.digest != TokenizerDescription.bytes.digest)
        #expect(characters(of: "ab").digest != characters(of: "ac").digest)
    }
}
