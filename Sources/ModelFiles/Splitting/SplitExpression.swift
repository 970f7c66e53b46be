/// A regular expression as tokenizers use them to cut text, read into its parts.
///
/// Known is what their published expressions consist of: characters, sets and properties (`\p{Lu}`, `\s`), quantifiers,
/// greedy or possessive, alternatives, groups that are not repeated, a look at the next character, and the end of a line.
/// Anything else is refused by name.
indirect enum SplitExpression: Equatable, Sendable {
    case set(ScalarSet)
    case sequence([SplitExpression])
    case choice([SplitExpression])
    /// `isFirm`: possessive, nothing of the run is given back.
    case run(ScalarSet, least: Int, most: Int, isFirm: Bool)
    case optional(SplitExpression)
    /// Whether the next character is in a set; at the end of the text there is none.
    case ahead(ScalarSet, isWanted: Bool)
    /// The end of the text or of a line in it.
    case lineEnd

    /// - Throws: ``UnknownExpression`` with what is not known in it.
    init(_ pattern: String) throws(UnknownExpression) {
        var parser = SplitExpressionParser(pattern)
        self = try parser.parse()
    }

    /// The expression that finds a text as it stands.
    init(literal text: String) {
        self = .sequence(text.unicodeScalars.map { .set(ScalarSet($0.value)) })
    }
}

/// A regular expression, or a part of one, that is not known.
package struct UnknownExpression: Error, Equatable {
    package let finding: String
}

/// Reads a pattern from left to right.
private struct SplitExpressionParser {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var ignoresCase = false
    private var depth = 0

    private static let lengthLimit = 1 << 14
    private static let countLimit = 1 << 12
    private static let depthLimit = 16

    init(_ pattern: String) { scalars = Array(pattern.unicodeScalars.prefix(Self.lengthLimit + 1)) }

    mutating func parse() throws(UnknownExpression) -> SplitExpression {
        guard scalars.count <= Self.lengthLimit else {
            throw UnknownExpression(finding: "more than \(Self.lengthLimit) characters")
        }
        let expression = try alternatives()
        guard index == scalars.count else { throw unexpected() }
        return expression
    }

    private mutating func alternatives() throws(UnknownExpression) -> SplitExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw UnknownExpression(finding: "groups in groups, \(depth) deep") }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(UnknownExpression) -> SplitExpression {
        var parts: [SplitExpression] = []
        while let next, next != "|", next != ")" { parts.append(try quantified(try atom())) }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func atom() throws(UnknownExpression) -> SplitExpression {
        switch scalars[index] {
        case "(": return try group()
        case "[": return .set(try bracket())
        case "\\": return .set(try escape())
        case "$":
            index += 1
            return .lineEnd
        case ".":
            index += 1
            return .set(ScalarSet(0x0A).inverted)
        case "^", "*", "+", "?", "{", "}", "]": throw unexpected()
        default:
            index += 1
            return .set(try cased(scalars[index - 1]))
        }
    }

    private mutating func group() throws(UnknownExpression) -> SplitExpression {
        let outer = ignoresCase
        defer { ignoresCase = outer }
        if take("(?!") || take("(?=") {
            let isWanted = scalars[index - 1] == "="
            guard case .set(let set) = try alternatives(), take(")") else {
                throw UnknownExpression(finding: "a look ahead (\(isWanted ? "?=" : "?!")) at more than one character")
            }
            return .ahead(set, isWanted: isWanted)
        }
        if take("(?i:") {
            ignoresCase = true
        } else if !take("(?:") {
            index += 1
            if next == "?" {
                throw UnknownExpression(finding: "a group of a kind that is not known, (?\(following(1, 2))…")
            }
        }
        let inner = try alternatives()
        guard take(")") else { throw UnknownExpression(finding: "a group that does not end") }
        return inner
    }

    private mutating func quantified(_ atom: SplitExpression) throws(UnknownExpression) -> SplitExpression {
        let isCounted = next == "{"
        guard let (least, most) = try quantifier() else { return atom }
        let isFirm = take("+")
        if next == "?" { throw UnknownExpression(finding: "a lazy quantifier") }
        guard !(isFirm && isCounted) else {
            throw UnknownExpression(finding: "a count with a + after it, which is read in two ways")
        }
        switch atom {
        case _ where least == 1 && most == 1: return atom
        case .set(let set): return .run(set, least: least, most: most, isFirm: isFirm)
        case _ where least == 0 && most == 1 && !isFirm: return .optional(atom)
        default: throw UnknownExpression(finding: "a group that is repeated")
        }
    }

    private mutating func quantifier() throws(UnknownExpression) -> (least: Int, most: Int)? {
        if take("?") { return (0, 1) }
        if take("*") { return (0, .max) }
        if take("+") { return (1, .max) }
        guard next == "{" else { return nil }
        index += 1
        let least = number()
        let hasComma = take(",")
        let most = number()
        guard take("}"), least != nil || most != nil else {
            throw UnknownExpression(finding: "a count that cannot be read")
        }
        let counts = (least: least ?? 0, most: most ?? (hasComma ? .max : least ?? 0))
        guard counts.least <= counts.most, counts.least <= Self.countLimit,
            counts.most == .max || counts.most <= Self.countLimit
        else { throw UnknownExpression(finding: "a count of \(counts.least) to \(counts.most)") }
        return counts
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = next?.properties.numericType == .decimal ? next.map({ Int($0.value) - 0x30 }) : nil,
            (0...9).contains(digit)
        {
            value = min((value ?? 0) * 10 + digit, Self.countLimit + 1)
            index += 1
        }
        return value
    }
}

// Sets of characters.
extension SplitExpressionParser {
    private mutating func bracket() throws(UnknownExpression) -> ScalarSet {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw UnknownExpression(finding: "sets in sets, \(depth) deep") }
        index += 1
        let isNegated = take("^")
        var set = ScalarSet()
        var parts: [ScalarSet] = []
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            isFirst = false
            if take("&&") {
                parts.append(set)
                set = ScalarSet()
            } else if scalar == "[" {
                guard !following(0, 2).hasPrefix("[:") else {
                    throw UnknownExpression(finding: "a set by a name in [: :]")
                }
                set = try joined(set, try bracket())
            } else {
                set = try joined(set, try member())
            }
        }
        guard take("]") else { throw UnknownExpression(finding: "a set of characters that does not end") }
        for part in parts {
            guard let both = set.intersection(part) else { throw Self.tooMixed }
            set = both
        }
        return isNegated ? set.inverted : set
    }

    /// A character, a range or a class.
    private mutating func member() throws(UnknownExpression) -> ScalarSet {
        let (set, first) = try single()
        guard let first, next == "-", let after = scalar(at: index + 1), after != "]" else { return set }
        index += 1
        guard let last = try single().value, first.value <= last.value else {
            throw UnknownExpression(finding: "a range of characters that runs backwards or has no end")
        }
        return ScalarSet(first.value...last.value)
    }

    private mutating func single() throws(UnknownExpression) -> (set: ScalarSet, value: Unicode.Scalar?) {
        if next == "\\" {
            let escaped = scalar(at: index + 1)
            let set = try escape()
            return (set, escaped.flatMap(Self.named))
        }
        guard let scalar = next else { throw UnknownExpression(finding: "a set of characters that does not end") }
        index += 1
        return (try cased(scalar), scalar)
    }

    private mutating func escape() throws(UnknownExpression) -> ScalarSet {
        guard let kind = scalar(at: index + 1) else { throw UnknownExpression(finding: "a backslash at its end") }
        index += 2
        switch kind {
        case "s": return ScalarSet(.whiteSpace)
        case "S": return ScalarSet(.whiteSpace).inverted
        case "d": return ScalarSet(.decimalDigit)
        case "D": return ScalarSet(.decimalDigit).inverted
        case "w": return ScalarSet(.word)
        case "W": return ScalarSet(.word).inverted
        case "p", "P": return try property(isNegated: kind == "P")
        default:
            guard let scalar = Self.named(kind) else { throw UnknownExpression(finding: "the escape \\\(kind)") }
            return try cased(scalar)
        }
    }

    private mutating func property(isNegated: Bool) throws(UnknownExpression) -> ScalarSet {
        var name = ""
        if take("{") {
            while let scalar = next, scalar != "}", name.utf8.count < 32 {
                name.unicodeScalars.append(scalar)
                index += 1
            }
            guard take("}") else { throw UnknownExpression(finding: "a property that does not end") }
        } else if let scalar = next {
            name.unicodeScalars.append(scalar)
            index += 1
        }
        guard let classes = ScalarClasses(property: name) else {
            throw UnknownExpression(finding: "the property \\p{\(name)}")
        }
        return isNegated ? ScalarSet(classes).inverted : ScalarSet(classes)
    }

    /// The character that an escape stands for; nil for what is none.
    private static func named(_ kind: Unicode.Scalar) -> Unicode.Scalar? {
        switch kind {
        case "r": "\r"
        case "n": "\n"
        case "t": "\t"
        case "f": "\u{C}"
        case "v": "\u{B}"
        case "0"..."9", "a"..."z", "A"..."Z": nil
        default: kind.isASCII ? kind : nil
        }
    }

    /// A character, in both cases where they are the same; the long s is an s then.
    private func cased(_ scalar: Unicode.Scalar) throws(UnknownExpression) -> ScalarSet {
        guard ignoresCase else { return ScalarSet(scalar.value) }
        guard scalar.isASCII else { throw UnknownExpression(finding: "(?i:) with a character that is not ASCII") }
        var set = ScalarSet(scalar.value)
        guard scalar.properties.isAlphabetic else { return set }
        set = try joined(set, ScalarSet(scalar.value ^ 0x20))
        let folded: [UInt32: UInt32] = [0x73: 0x17F, 0x6B: 0x212A]
        return try folded[scalar.value | 0x20].map { value throws(UnknownExpression) in
            try joined(set, ScalarSet(value))
        } ?? set
    }

    private func joined(_ one: ScalarSet, _ other: ScalarSet) throws(UnknownExpression) -> ScalarSet {
        guard let set = one.union(other) else { throw Self.tooMixed }
        return set
    }

    private static var tooMixed: UnknownExpression {
        UnknownExpression(finding: "a set of all but some characters inside another")
    }
}

// Where the parser is.
extension SplitExpressionParser {
    private var next: Unicode.Scalar? { scalar(at: index) }

    private func scalar(at index: Int) -> Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func take(_ text: String) -> Bool {
        guard scalars[index...].starts(with: text.unicodeScalars) else { return false }
        index += text.unicodeScalars.count
        return true
    }

    private func following(_ offset: Int, _ count: Int) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars.dropFirst(index + offset).prefix(count))
        return text
    }

    private func unexpected() -> UnknownExpression {
        UnknownExpression(finding: "\(following(0, 1).debugDescription) at character \(index)")
    }
}
