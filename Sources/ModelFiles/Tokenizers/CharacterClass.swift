/// What matters about a character for where pieces may begin and end.
enum CharacterClass: Int, CaseIterable {
    /// The space, as itself or as SentencePiece's `▁`.
    case space
    /// Line ends, tabs and other control characters.
    case control
    case digit
    /// Letters, and all that is not ASCII and no punctuation.
    case letter
    case punctuation

    init(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x20, 0x2581: self = .space
        case 0x00...0x1F, 0x7F...0x9F: self = .control
        case 0x30...0x39: self = .digit
        case 0x41...0x5A, 0x61...0x7A: self = .letter
        case 0x21...0x7E, 0xA0...0xBF, 0x2000...0x206F, 0x3000...0x303F: self = .punctuation
        default: self = .letter
        }
    }
}

/// Cuts a text where no piece of a vocabulary reaches across, so that what lies between can be encoded by itself.
struct WordCutter {
    /// Whether a piece may hold a character of one class right before one of another: `[before × classes + after]`.
    private var joined = Array(repeating: false, count: CharacterClass.allCases.count * CharacterClass.allCases.count)

    /// Words as ``BytePairTrainer`` knows them: letters or punctuation with at most one space in front; digits and line
    /// ends alone.
    static var words: WordCutter {
        var cutter = WordCutter()
        for (before, after) in [(CharacterClass.space, CharacterClass.letter), (.space, .punctuation)] {
            cutter.join(before, after)
        }
        cutter.join(.letter, .letter)
        cutter.join(.punctuation, .punctuation)
        return cutter
    }

    private init() {}

    /// The cuts that these pieces allow.
    init(pieces: some Sequence<String>) {
        for piece in pieces {
            let classes = piece.unicodeScalars.map(CharacterClass.init)
            for (before, after) in zip(classes, classes.dropFirst()) { join(before, after) }
        }
    }

    private mutating func join(_ before: CharacterClass, _ after: CharacterClass) {
        joined[before.rawValue * CharacterClass.allCases.count + after.rawValue] = true
    }

    /// Calls `body` with each part of a text, in order; throws at the first byte that is not UTF-8.
    func forEachWord(in text: [UInt8], _ body: (Range<Int>) -> Void) throws(MalformedText) {
        var (start, index) = (0, 0)
        var before: CharacterClass?
        while index < text.count {
            let (scalar, length) = try scalar(at: index, of: text)
            let after = CharacterClass(scalar)
            if let before, !joined[before.rawValue * CharacterClass.allCases.count + after.rawValue] {
                body(start..<index)
                start = index
            }
            before = after
            index += length
        }
        if start < index { body(start..<index) }
    }
}

/// Text that is not UTF-8.
package struct MalformedText: Error {
    /// Where, counted from the start of what was given.
    package let offset: Int
}

/// The character at a place and its length in bytes.
@inline(__always)
func scalar(at index: Int, of text: [UInt8]) throws(MalformedText) -> (Unicode.Scalar, length: Int) {
    let first = text[index]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    guard case .whole(let length) = UTF8Character(at: index, of: text) else { throw MalformedText(offset: index) }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for offset in 1..<length { value = value << 6 | UInt32(text[index + offset] & 0x3F) }
    guard let scalar = Unicode.Scalar(value) else { throw MalformedText(offset: index) }
    return (scalar, length)
}
