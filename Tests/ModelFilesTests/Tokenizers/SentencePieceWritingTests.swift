import ModelFiles
import Testing

struct SentencePieceWritingTests {
    @Test func `a vocabulary reads as it was written`() throws {
        var withBeginning = TokenizerDescription.bytes
        withBeginning.addsBeginning = true
        var folding = vocabulary(["\u{2581}", "a", "<t>"], kinds: ["<t>": .userDefined], spacePrefix: true)
        folding.removesExtraSpaces = true
        folding.unknownSurface = "?"
        for description in [.bytes, withBeginning, folding, .characters(["a", "é", "\n", " "])] {
            #expect(try SentencePieceModel(bytes: SentencePieceModel.bytes(of: description)).description == description)
        }
    }
}
