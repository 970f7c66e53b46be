/// What of a text does not come back from its tokens.
public struct TextLosses: Sendable, Equatable {
    /// How often each character stands there that is in no piece: it becomes the unknown one.
    public private(set) var unknown: [Unicode.Scalar: Int] = [:]
    /// The same characters in the order in which they first come.
    public private(set) var unknownInOrder: [Unicode.Scalar] = []
    /// Bytes that are not UTF-8: each becomes U+FFFD.
    public var malformedBytes = 0

    public init() {}

    public static func += (losses: inout TextLosses, other: TextLosses) {
        for scalar in other.unknownInOrder { losses.add(scalar, times: other.unknown[scalar] ?? 0) }
        losses.malformedBytes += other.malformedBytes
    }

    mutating func add(_ scalar: Unicode.Scalar, times: Int = 1) {
        if unknown.updateValue((unknown[scalar] ?? 0) + times, forKey: scalar) == nil { unknownInOrder.append(scalar) }
    }

    /// Takes back what was only there in place of a malformed byte.
    mutating func removeReplacements() {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard let count = unknown[replacement] else { return }
        unknown[replacement] = count > malformedBytes ? count - malformedBytes : nil
        unknownInOrder.removeAll { unknown[$0] == nil }
    }
}

extension SentencePieceTokenizer {
    package func losses(in text: [UInt8], tokens limit: Int) -> TextLosses {
        var losses = TextLosses()
        losses.malformedBytes = Self.malformedBytes(of: text)
        guard hasUnknown, limit > 0 else { return losses }
        let text = normalized(text)
        var words: [ArraySlice<UInt8>: WordLosses] = [:]
        var tokens = 0
        var isAfterUnknown = false
        for range in wordRanges(of: text) {
            let word = words[text[range]] ?? WordLosses(merged(Array(text[range])), in: text[range])
            words[text[range]] = word
            let joins = isAfterUnknown && word.beginsUnknown  // a run of unknown pieces is one
            guard tokens < limit || joins else { break }
            tokens += word.tokens - (joins ? 1 : 0)
            isAfterUnknown = word.endsUnknown
            for scalar in word.unknown { losses.add(scalar) }
        }
        losses.removeReplacements()
        return losses
    }

    static func malformedBytes(of text: [UInt8]) -> Int {
        var (index, count) = (0, 0)
        while index < text.count {
            if text[index] < 0x80 {
                index += 1
            } else if case .whole(let length) = UTF8Character(at: index, of: text) {
                index += length
            } else {
                (index, count) = (index + 1, count + 1)
            }
        }
        return count
    }
}

/// What does not come back from the tokens of a word.
private struct WordLosses {
    var tokens = 0
    var unknown: [Unicode.Scalar] = []
    var beginsUnknown = false
    var endsUnknown = false

    /// - Parameter parts: what the word was cut into, from its start; those that are in no piece have no id.
    init(_ parts: [(range: Range<Int>, id: Int?)], in word: ArraySlice<UInt8>) {
        beginsUnknown = parts.first.map { $0.id == nil } ?? false
        for (range, id) in parts {
            let isUnknown = id == nil
            if !isUnknown || !endsUnknown { tokens += 1 }
            endsUnknown = isUnknown
            guard isUnknown else { continue }
            let bytes = word.dropFirst(range.lowerBound).prefix(range.count)
            unknown += String(decoding: bytes, as: UTF8.self).unicodeScalars
        }
    }
}
