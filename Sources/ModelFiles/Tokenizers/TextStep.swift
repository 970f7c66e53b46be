/// One change that a text goes through before it is cut, as `tokenizer.json` names it.
public enum TextStep: Codable, Sendable, Equatable {
    /// Unicode's form C.
    case composed
    /// A text in front of one that is not empty.
    case prepended(String)
    /// The same, but not before one that begins with it; `onlyAtStart`: nor where an added piece stands before it.
    case prefixed(String, onlyAtStart: Bool)
    /// A regular expression, or with `isLiteral` a text, and what stands in its place.
    case replaced(String, isLiteral: Bool, with: String)
    /// Without white space at an end.
    case stripped(left: Bool, right: Bool)
}

/// The steps of a vocabulary, ready to be taken.
struct TextPreparation: Sendable {
    private enum Step {
        case composed
        case prepended([UInt8])
        case prefixed([UInt8], onlyAtStart: Bool)
        case replaced(SplitPattern, with: [UInt8])
        case stripped(left: Bool, right: Bool)
    }

    private let steps: [Step]

    /// - Throws: `UnknownExpression` for a regular expression that is not known.
    init(_ steps: [TextStep]) throws(UnknownExpression) {
        var ready: [Step] = []
        for step in steps {
            switch step {
            case .composed: ready.append(.composed)
            case .prepended(let text): ready.append(.prepended(Array(text.utf8)))
            case .prefixed(let text, let onlyAtStart):
                ready.append(.prefixed(Array(text.utf8), onlyAtStart: onlyAtStart))
            case .replaced(let pattern, let isLiteral, let text):
                let expression = isLiteral ? SplitExpression(literal: pattern) : try SplitExpression(pattern)
                ready.append(.replaced(try SplitPattern(expression), with: Array(text.utf8)))
            case .stripped(let left, let right): ready.append(.stripped(left: left, right: right))
            }
        }
        self.steps = ready
    }

    var isEmpty: Bool { steps.isEmpty }

    /// - Parameter isAtStart: whether the text is the beginning of all that is encoded.
    func prepared(_ text: [UInt8], isAtStart: Bool) -> [UInt8] {
        var text = text
        for step in steps where !text.isEmpty {
            switch step {
            case .composed: text = Composition.shared.composed(text)
            case .prepended(let prefix): text = prefix + text
            case .prefixed(let prefix, let onlyAtStart):
                if isAtStart || !onlyAtStart, !text.starts(with: prefix) { text = prefix + text }
            case .replaced(let pattern, let replacement): text = Self.replaced(pattern, replacement, in: text)
            case .stripped(let left, let right): text = Self.stripped(text, left: left, right: right)
            }
        }
        return text
    }

    private static func replaced(_ pattern: SplitPattern, _ replacement: [UInt8], in text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        pattern.forEachMatch(in: text.span) { found in
            result += text[position..<found.lowerBound]
            result += replacement
            position = found.upperBound
        }
        return result + text[position...]
    }

    private static func stripped(_ text: [UInt8], left: Bool, right: Bool) -> [UInt8] {
        var scalars = String(decoding: text, as: UTF8.self).unicodeScalars[...]
        if left { scalars = scalars.drop { $0.properties.isWhitespace } }
        if right { while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() } }
        return Array(String(scalars).utf8)
    }
}
