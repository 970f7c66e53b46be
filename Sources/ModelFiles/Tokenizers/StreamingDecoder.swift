/// Turns tokens into text as they come, never showing part of a character.
///
/// All that it returns, joined, is what SentencePiece's `Decode` gives for all tokens at once, or with a byte-level
/// vocabulary Hugging Face's `ByteLevel` decoder.
package struct StreamingDecoder: Sendable {
    private let tokenizer: any Tokenizer
    private let kinds: [TokenizerDescription.PieceKind]
    private let keepsDroppingSpaces: Bool
    /// Whether pieces hold any bytes, and a character may reach over several.
    private let isByteLevel: Bool
    /// Bytes of a character that is not complete.
    private var pending: [UInt8] = []
    private var isFirst: Bool

    /// - Parameter continuesText: whether text stands before these tokens, so that the first one keeps its space.
    package init(tokenizer: any Tokenizer, continuesText: Bool = false) {
        self.tokenizer = tokenizer
        kinds = tokenizer.description.kinds
        keepsDroppingSpaces = tokenizer.description.removesExtraSpaces
        isByteLevel = tokenizer.description.kind == .byteLevelBPE
        isFirst = !continuesText
    }

    /// The text that is certain after this token, often empty.
    package mutating func append(_ token: Int) -> String {
        let kind = kinds.indices.contains(token) ? kinds[token] : .control
        let bytes = tokenizer.bytes(of: token, isFirst: isFirst)
        let isLoneSpace = bytes.isEmpty && kind != .control && kind != .unknown  // dropped, as it came first
        if !bytes.isEmpty || isLoneSpace && !keepsDroppingSpaces { isFirst = false }
        if isByteLevel, kind == .control { return "" }
        let broken = kind == .byte || isByteLevel ? "" : finish()  // bytes make characters only with bytes right after
        pending += bytes
        return broken + takeCharacters()
    }

    /// What is left at the end: a replacement character for each byte of an incomplete character; in a byte-level
    /// vocabulary one for the whole.
    package mutating func finish() -> String {
        defer { pending.removeAll(keepingCapacity: true) }
        return String(repeating: "\u{FFFD}", count: isByteLevel ? min(pending.count, 1) : pending.count)
    }

    private mutating func takeCharacters() -> String {
        var text: [UInt8] = []
        var index = 0
        scan: while index < pending.count {
            switch UTF8Character(at: index, of: pending) {
            case .whole(let length):
                text += pending[index..<index + length]
                index += length
            case .malformed:
                text += UTF8Character.replacement
                index += 1
            case .cut: break scan
            }
        }
        defer { pending.removeFirst(index) }
        // One replacement for what could have begun a character, as Rust and Swift have it.
        if isByteLevel { return String(decoding: pending[..<index], as: UTF8.self) }
        return String(decoding: text, as: UTF8.self)
    }
}
