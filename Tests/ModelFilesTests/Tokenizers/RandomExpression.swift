/// A regular expression of the kind that tokenizers have, and the obvious way to match it: try everything, in order.
indirect enum RandomExpression {
    case set(CharacterSample)
    case sequence([RandomExpression])
    case choice([RandomExpression])
    case run(CharacterSample, least: Int, most: Int?, isPossessive: Bool)
    case optional(RandomExpression)
    case ahead(CharacterSample, isWanted: Bool)
    case lineEnd

    /// A set of characters by its pattern.
    struct CharacterSample: Sendable {
        let pattern: String
        let contains: @Sendable (Unicode.Scalar) -> Bool
    }

    static let alphabet: [Unicode.Scalar] = ["a", "b", "A", " ", "\n", "1", "-", "ä", "漢", "\u{3000}", "😀"]

    static let samples: [CharacterSample] = [
        .init(pattern: "a") { $0 == "a" }, .init(pattern: "b") { $0 == "b" }, .init(pattern: "漢") { $0 == "漢" },
        .init(pattern: "[ab]") { "ab".unicodeScalars.contains($0) }, .init(pattern: "[^a]") { $0 != "a" },
        .init(pattern: #"\p{L}"#) { $0.properties.isAlphabetic },
        .init(pattern: #"\p{Lu}"#) { $0 == "A" }, .init(pattern: #"\s"#) { $0.properties.isWhitespace },
        .init(pattern: #"\S"#) { !$0.properties.isWhitespace }, .init(pattern: #"\p{N}"#) { $0 == "1" },
        .init(pattern: #"[^\s\p{L}]"#) { !$0.properties.isWhitespace && !$0.properties.isAlphabetic },
        .init(pattern: "[一-龥]") { $0 == "漢" }, .init(pattern: "[^一-龥b]") { !"漢b".unicodeScalars.contains($0) },
        .init(pattern: "[ä-漢]") { "ä漢\u{3000}".unicodeScalars.contains($0) }, .init(pattern: ".") { $0 != "\n" },
        .init(pattern: "(?i:a)") { "aA".unicodeScalars.contains($0) },
    ]

    static func random(depth: Int, using generator: inout SeededGenerator) -> RandomExpression {
        func sample() -> CharacterSample { samples.randomElement(using: &generator)! }
        switch Int.random(in: 0..<(depth > 0 ? 12 : 7), using: &generator) {
        case 0, 1: return .set(sample())
        case 2, 3, 4:
            let least = Int.random(in: 0...2, using: &generator)
            let most = Bool.random(using: &generator) ? nil : least + Int.random(in: 0...3, using: &generator)
            let isOpen = least < 2 && (most == nil || (least, most) == (0, 1))
            let isPossessive = isOpen && Int.random(in: 0..<4, using: &generator) == 0
            return .run(sample(), least: least, most: most, isPossessive: isPossessive)
        case 5: return .ahead(sample(), isWanted: Bool.random(using: &generator))
        case 6: return .lineEnd
        case 7: return .optional(random(depth: depth - 1, using: &generator))
        case 8, 9:
            return .choice(
                (0..<Int.random(in: 2...4, using: &generator)).map { _ in random(depth: depth - 1, using: &generator) })
        default:
            return .sequence(
                (0..<Int.random(in: 1...4, using: &generator)).map { _ in random(depth: depth - 1, using: &generator) })
        }
    }

    var pattern: String {
        switch self {
        case .set(let set): set.pattern
        case .sequence(let parts):
            parts.map { if case .choice = $0 { "(?:\($0.pattern))" } else { $0.pattern } }.joined()
        case .choice(let choices): choices.map(\.pattern).joined(separator: "|")
        case .run(let set, let least, let most, let isPossessive):
            set.pattern + Self.quantifier(least, most) + (isPossessive ? "+" : "")
        case .optional(let inner): "(?:\(inner.pattern))?"
        case .ahead(let set, let isWanted): "(?\(isWanted ? "=" : "!")\(set.pattern))"
        case .lineEnd: "$"
        }
    }

    private static func quantifier(_ least: Int, _ most: Int?) -> String {
        switch (least, most) {
        case (0, nil): "*"
        case (1, nil): "+"
        case (0, 1): "?"
        default: "{\(least),\(most.map(String.init) ?? "")}"
        }
    }

    /// The words of a text, each match one and what lies between another.
    func words(of text: [Unicode.Scalar]) -> [String] {
        var words: [String] = []
        var (start, position) = (0, 0)
        func add(_ range: Range<Int>) {
            guard !range.isEmpty else { return }
            words.append(String(String.UnicodeScalarView(text[range])))
        }
        while position < text.count {
            guard let end = match(text, position, then: { $0 }), end > position else {
                position += 1
                continue
            }
            add(start..<position)
            add(position..<end)
            (start, position) = (end, end)
        }
        add(start..<text.count)
        return words
    }

    private func match(_ text: [Unicode.Scalar], _ position: Int, then next: (Int) -> Int?) -> Int? {
        switch self {
        case .set(let set):
            return position < text.count && set.contains(text[position]) ? next(position + 1) : nil
        case .sequence(let parts): return Self.match(parts[...], text, position, then: next)
        case .choice(let choices):
            for choice in choices { if let end = choice.match(text, position, then: next) { return end } }
            return nil
        case .run(let set, let least, let most, let isPossessive):
            var count = 0
            while position + count < text.count, count < most ?? .max, set.contains(text[position + count]) {
                count += 1
            }
            guard count >= least else { return nil }
            if isPossessive { return next(position + count) }
            for length in stride(from: count, through: least, by: -1) {
                if let end = next(position + length) { return end }
            }
            return nil
        case .optional(let inner): return inner.match(text, position, then: next) ?? next(position)
        case .ahead(let set, let isWanted):
            return (position < text.count && set.contains(text[position])) == isWanted ? next(position) : nil
        case .lineEnd: return position == text.count || text[position] == "\n" ? next(position) : nil
        }
    }

    private static func match(
        _ parts: ArraySlice<RandomExpression>, _ text: [Unicode.Scalar], _ position: Int, then next: (Int) -> Int?
    ) -> Int? {
        guard let first = parts.first else { return next(position) }
        return first.match(text, position) { match(parts.dropFirst(), text, $0, then: next) }
    }
}
