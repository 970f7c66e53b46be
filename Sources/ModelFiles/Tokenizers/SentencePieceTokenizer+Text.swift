// What happens to a text before and after merging.

extension SentencePieceTokenizer {
    /// The text with `▁` for spaces, a replacement character for every byte that is not UTF-8, a space in front and
    /// extra spaces removed where the model asks for it (`Normalizer::Normalize` without a character map).
    func normalized(_ text: [UInt8]) -> [UInt8] {
        let blank = UInt8(ascii: " ")
        var index = 0
        if description.removesExtraSpaces {
            while index < text.count, text[index] == blank, unit(of: text, at: index).length == 1 { index += 1 }
        }
        guard index < text.count else { return [] }

        var result: [UInt8] = []
        result.reserveCapacity(text.count * 3 / 2 + 3)
        if description.addsSpacePrefix { result += Self.space }
        let isPlain = userDefined.isEmpty && !description.removesExtraSpaces
        var isAfterSpace = description.removesExtraSpaces
        while index < text.count {
            if isPlain, text[index] < 0x80, text[index] != blank {
                result.append(text[index])
                index += 1
                continue
            }
            let unit = unit(of: text, at: index)
            var bytes = unit.isMalformed ? UTF8Character.replacement[...] : text[index..<index + unit.length]
            if isAfterSpace { bytes = bytes.drop { $0 == blank } }
            for byte in bytes {
                if byte == blank { result += Self.space } else { result.append(byte) }
            }
            if let last = bytes.last { isAfterSpace = description.removesExtraSpaces && last == blank }
            index += unit.length
        }
        if description.removesExtraSpaces {
            while result.suffix(Self.space.count) == Self.space[...] { result.removeLast(Self.space.count) }
        }
        return result
    }

    /// A normalized text cut into user-defined symbols, longest first, and characters.
    func parts(of text: [UInt8]) -> [(length: Int, isFrozen: Bool)] {
        var parts: [(length: Int, isFrozen: Bool)] = []
        parts.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let unit = unit(of: text, at: index)
            parts.append((unit.length, unit.isUserDefined))
            index += unit.length
        }
        return parts
    }

    /// Takes unused pieces apart again, the way they were put together; nil is the id of what is not in the vocabulary.
    func resegmented(
        _ range: Range<Int>, of text: [UInt8], splits: [Int: Int]
    ) -> [(range: Range<Int>, id: Int?)] {
        let depthLimit = 100  // SentencePiece's
        var parts: [(range: Range<Int>, id: Int?)] = []
        var open = [(range: range, depth: 0)]
        while let (range, depth) = open.popLast() {
            let id = table.id(of: text.span.extracting(range))
            if let id, description.kinds[id] == .unused, depth <= depthLimit {
                if let left = splits[id] {
                    open.append((range.lowerBound + left..<range.upperBound, depth + 1))
                    open.append((range.lowerBound..<range.lowerBound + left, depth + 1))
                } else {
                    parts.append((range, nil))
                }
            } else {
                parts.append((range, id))
            }
        }
        return parts
    }

    /// The user-defined symbol, the character or the malformed byte at a place.
    private func unit(of text: [UInt8], at index: Int) -> (length: Int, isUserDefined: Bool, isMalformed: Bool) {
        if let match = userDefined.longestMatch(in: text, at: index) { return (match.length, true, false) }
        if case .whole(let length) = UTF8Character(at: index, of: text) { return (length, false, false) }
        return (1, false, true)
    }
}
