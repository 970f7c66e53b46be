import ModelFiles
import Tensors
import Testing

struct SentencePieceWritingTests {
    /// The ids that the `sentencepiece` package (0.2) gives when it loads the very bytes that are checked here.
    @Test func `SentencePiece loads a vocabulary of ours and gives the same ids`() throws {
        let text = "the cat sat on the mat, the hat.\n\nA cat! The rat's 37 + 58 = 95\n"
        var trainer = BytePairTrainer()
        try trainer.add(Array(String(repeating: text, count: 3).utf8))
        let bytes = SentencePieceModel.bytes(of: trainer.description(size: 300))
        #expect(bytes.count == 4941 && bytes.withUnsafeBytes { crc32c($0) } == 3_224_139_240)
        let tokenizer = try SentencePieceTokenizer(SentencePieceModel(bytes: bytes).description)
        let golden: [(text: String, ids: [Int])] = [
            (
                "the cat sat on the mat, the hat.\n",
                [261, 264, 274, 271, 297, 263, 270, 259, 287, 263, 273, 288, 280]
            ),
            (
                "  That  chat's 1995!\n\n",
                [275, 269, 278, 259, 275, 262, 278, 259, 285, 283, 275, 52, 292, 292, 281, 284, 280, 280]
            ),
            ("Ünter <s> \u{2581}x", [198, 159, 297, 276, 279, 299, 275, 63, 283, 65, 275, 275, 123]),
        ]
        for (text, ids) in golden { #expect(tokenizer.encode(text.utf8) == ids, "\(text)") }
    }

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
