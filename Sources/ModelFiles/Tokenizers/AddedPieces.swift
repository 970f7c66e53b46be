/// How an added piece is looked for in a text, where that is not simply everywhere.
public struct AddedPiece: Codable, Sendable, Equatable {
    public var id: Int
    /// Whether white space before it is swallowed.
    public var stripsLeft: Bool
    /// Whether white space after it is swallowed.
    public var stripsRight: Bool
    /// Whether it is not found inside of words.
    public var isSingleWord: Bool
    /// Whether it is looked for in the normalized text, instead of the text as it was.
    public var isNormalized: Bool

    public init(
        id: Int, stripsLeft: Bool = false, stripsRight: Bool = false, isSingleWord: Bool = false,
        isNormalized: Bool = false
    ) {
        self.id = id
        self.stripsLeft = stripsLeft
        self.stripsRight = stripsRight
        self.isSingleWord = isSingleWord
        self.isNormalized = isNormalized
    }

    /// Whether it is like one that nothing is said of.
    var isPlain: Bool { self == AddedPiece(id: id) }
}

/// Finds added pieces in a text, before it is cut: the leftmost first, and of those the longest.
struct AddedPieces: Sendable {
    private var trie = PieceTrie()
    private var rules: [Int: AddedPiece] = [:]

    enum Part: Equatable {
        case piece(Int)
        case text(Range<Int>)
    }

    var isEmpty: Bool { trie.isEmpty }

    mutating func insert(_ piece: [UInt8], _ rule: AddedPiece) {
        trie.insert(piece[...], id: rule.id)
        if !rule.isPlain { rules[rule.id] = rule }
    }

    /// A text in UTF-8 as added pieces and what lies between.
    func parts(of text: [UInt8]) -> [Part] {
        guard !trie.isEmpty else { return text.isEmpty ? [] : [.text(text.indices)] }
        var parts: [Part] = []
        var (start, index) = (0, 0)
        while index < text.count {
            guard let match = trie.longestMatch(in: text, at: index) else {
                index += 1
                continue
            }
            var found = index..<index + match.length
            index = found.upperBound
            if let rule = rules[match.id] {
                guard !rule.isSingleWord || stands(found, aloneIn: text) else { continue }
                found = widened(found, rule, in: text, from: start)
            }
            if start < found.lowerBound { parts.append(.text(start..<found.lowerBound)) }
            parts.append(.piece(match.id))
            start = found.upperBound
            index = max(index, start)
        }
        if start < text.count { parts.append(.text(start..<text.count)) }
        return parts
    }

    private func stands(_ found: Range<Int>, aloneIn text: [UInt8]) -> Bool {
        let before = Self.lastScalar(of: text[..<found.lowerBound])
        let after = found.upperBound < text.count ? SplitPattern.scalar(at: found.upperBound, of: text.span).value : nil
        return ![before, after].contains { $0.map { Self.isOf(.word, $0) } ?? false }
    }

    private func widened(_ found: Range<Int>, _ rule: AddedPiece, in text: [UInt8], from start: Int) -> Range<Int> {
        var (low, high) = (found.lowerBound, found.upperBound)
        if rule.stripsLeft {
            while low > start, let scalar = Self.lastScalar(of: text[start..<low]), Self.isOf(.whiteSpace, scalar) {
                low -= Unicode.Scalar(scalar).map { UTF8.width($0) } ?? 1
            }
        }
        if rule.stripsRight {
            while high < text.count {
                let (scalar, end) = SplitPattern.scalar(at: high, of: text.span)
                guard Self.isOf(.whiteSpace, scalar) else { break }
                high = end
            }
        }
        return low..<high
    }

    private static func isOf(_ classes: ScalarClasses, _ scalar: UInt32) -> Bool {
        classes.rawValue >> UInt64(ScalarTable.shared[scalar]) & 1 != 0
    }

    private static func lastScalar(of text: ArraySlice<UInt8>) -> UInt32? {
        guard let start = text.lastIndex(where: { $0 & 0xC0 != 0x80 }) else { return nil }
        return SplitPattern.scalar(at: 0, of: Array(text[start...]).span).value
    }
}
