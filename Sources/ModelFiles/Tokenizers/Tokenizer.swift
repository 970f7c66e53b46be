/// Turns text into token ids and back.
package protocol Tokenizer: Sendable {
    /// The ids of a text given as bytes, without beginning or end marks; bytes that are not UTF-8 are replaced as SentencePiece does.
    func encode(_ text: some Collection<UInt8>) -> [Int]

    /// The same, but a control piece that is spelled out in the text becomes its id when `parsingSpecial` is true;
    /// what stands between control pieces is encoded as a text of its own. Never for text that somebody else wrote.
    func encode(_ text: some Collection<UInt8>, parsingSpecial: Bool) -> [Int]

    /// What does not come back from the tokens of a text.
    ///
    /// - Parameter limit: only the part of the text that makes about so many tokens is looked at.
    func losses(in text: [UInt8], tokens limit: Int) -> TextLosses

    /// The bytes a token adds to a text; `isFirst` drops the space that was put in front when encoding.
    /// Control tokens, and ids that have no piece (models pad their vocabulary), add none.
    func bytes(of token: Int, isFirst: Bool) -> [UInt8]

    /// The id of a control piece, found by its exact bytes.
    func controlID(_ piece: String) -> Int?

    var description: TokenizerDescription { get }
}

extension Tokenizer {
    /// The text of a sequence of ids, as SentencePiece decodes it.
    package func decode(_ tokens: some Sequence<Int>) -> String {
        var decoder = StreamingDecoder(tokenizer: self)
        var text = ""
        for token in tokens { text += decoder.append(token) }
        return text + decoder.finish()
    }
}
