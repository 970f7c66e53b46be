/// Encodes much text with one vocabulary, part by part: the ids of ``SentencePieceTokenizer``, at a higher speed where
/// tokens are bytes or characters.
///
/// Two things differ. Text comes in parts that belong together, so no space is put in front and none are folded, even
/// where the vocabulary asks for it at the start of a text. And a vocabulary of bytes takes any bytes as they are.
package struct BulkEncoder {
    private enum Method {
        /// The id of each byte.
        case bytes([Int32])
        /// The ids of characters: those of ASCII (-1 where there is none), and the others.
        case characters(ascii: [Int32], others: [Unicode.Scalar: Int32])
        case words(WordCutter)
    }

    /// Makes the ids of a word.
    private let idsOfWord: (ArraySlice<UInt8>) -> [Int]
    private let method: Method
    /// The id of which a run is one token: that of what is unknown, unless it is spelled in bytes; else -1.
    private let lonelyUnknown: Int32
    private var words = WordMemory()

    package init(_ description: TokenizerDescription) throws(TokenizerError) {
        var plain = description
        plain.addsSpacePrefix = false
        plain.removesExtraSpaces = false
        let tokenizer = try SentencePieceTokenizer(plain)
        idsOfWord = { tokenizer.encode($0) }
        method = Self.method(for: plain)
        let hasBytes = !SentencePieceTokenizer.byteIDs(in: plain).isEmpty
        lonelyUnknown = hasBytes ? -1 : Int32(plain.unknownID ?? -1)
    }

    /// Whether any bytes can be encoded, text or not.
    package var takesAnyBytes: Bool {
        if case .bytes = method { true } else { false }
    }

    /// Appends the ids of a text. It should begin and end where words do.
    package mutating func encode(_ text: [UInt8], into ids: inout [Int32]) throws(MalformedText) {
        switch method {
        case .bytes(let byteIDs):
            for byte in text { ids.append(byteIDs[Int(byte)]) }
        case .characters(let ascii, let others):
            try encodeCharacters(of: text, ascii: ascii, others: others, into: &ids)
        case .words(let cutter):
            try cutter.forEachWord(in: text) { range in encodeWord(range, of: text, into: &ids) }
        }
    }

    private func encodeCharacters(
        of text: [UInt8], ascii: [Int32], others: [Unicode.Scalar: Int32], into ids: inout [Int32]
    ) throws(MalformedText) {
        var index = 0
        while index < text.count {
            let (scalar, length) = try scalar(at: index, of: text)
            let known = scalar.isASCII ? ascii[Int(scalar.value)] : others[scalar] ?? -1
            if known >= 0 {
                ids.append(known)
            } else if ids.last != lonelyUnknown {
                ids.append(lonelyUnknown)
            }
            index += length
        }
    }

    private mutating func encodeWord(_ range: Range<Int>, of text: [UInt8], into ids: inout [Int32]) {
        var known = words.ids(of: range, in: text, encode: idsOfWord)
        if known.first == lonelyUnknown, ids.last == lonelyUnknown { known = known.dropFirst() }
        ids += known
    }

    private static func method(for description: TokenizerDescription) -> Method {
        let known = description.pieces.indices.filter {
            [.normal, .userDefined, .unused].contains(description.kinds[$0])
        }
        let byteIDs = SentencePieceTokenizer.byteIDs(in: description)
        if !byteIDs.isEmpty, known.allSatisfy({ description.pieces[$0] == String(TokenizerDescription.space) }) {
            var ids = byteIDs.map(Int32.init)
            if let space = known.first { ids[Int(UInt8(ascii: " "))] = Int32(space) }
            return .bytes(ids)
        }
        let singles = known.allSatisfy {
            description.kinds[$0] == .normal && description.pieces[$0].unicodeScalars.count == 1
        }
        guard singles, byteIDs.isEmpty else { return .words(WordCutter(pieces: known.map { description.pieces[$0] })) }
        return characters(known, of: description)
    }

    private static func characters(_ known: [Int], of description: TokenizerDescription) -> Method {
        var others: [Unicode.Scalar: Int32] = [:]
        for id in known {
            for scalar in description.pieces[id].unicodeScalars where others[scalar] == nil {
                others[scalar] = Int32(id)
            }
        }
        let space = others[TokenizerDescription.space] ?? -1
        let ascii = (0..<128).map { value in value == 0x20 ? space : others[Unicode.Scalar(UInt8(value))] ?? -1 }
        return .characters(ascii: ascii, others: others)
    }
}
