/// Collects the characters of a text, but for NUL: SentencePiece has no pieces with it.
package struct CharacterCensus {
    private var ascii = Array(repeating: false, count: 128)
    private var others: Set<Unicode.Scalar> = []

    package init() {}

    /// Adds the characters of a part that begins and ends between characters.
    package mutating func insert(charactersOf text: [UInt8]) throws(MalformedText) {
        var index = 0
        var last: Unicode.Scalar?
        while index < text.count {
            let (scalar, length) = try scalar(at: index, of: text)
            if scalar.isASCII { ascii[Int(scalar.value)] = true } else if scalar != last { others.insert(scalar) }
            last = scalar
            index += length
        }
    }

    package var characters: Set<Unicode.Scalar> {
        others.union(ascii.indices.lazy.filter { $0 > 0 && ascii[$0] }.map { Unicode.Scalar(UInt8($0)) })
    }
}
