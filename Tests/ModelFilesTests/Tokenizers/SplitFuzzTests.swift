import ModelFiles
import Testing

/// Text is cut as regular expressions say, whatever they are, or they are refused.
@Suite struct SplitFuzzTests {
    @Test(arguments: 0..<4) func `random expressions cut random texts as trying everything does`(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(FuzzEffort.seed(seed)))
        for _ in 0..<FuzzEffort.tries(2500) {
            let expression = RandomExpression.random(depth: 3, using: &generator)
            guard let splitter = try? WordSplitter([TextSplit(expression.pattern)]) else { continue }
            for _ in 0..<4 {
                let length = Int.random(in: 0...12, using: &generator)
                let text = (0..<length).map { _ in RandomExpression.alphabet.randomElement(using: &generator)! }
                let bytes = Array(String(String.UnicodeScalarView(text)).utf8)
                var words: [String] = []
                splitter.forEachWord(in: bytes.span) { words.append(String(decoding: bytes[$0], as: UTF8.self)) }
                try #require(words == expression.words(of: text), "\(expression.pattern) on \(text)")
            }
        }
    }

    /// What expressions consist of, and what they would rather not.
    private static let fragments = [
        #"\p{L}"#, #"\p{N}"#, #"\p{Han}"#, #"\s"#, #"\S"#, "a", "b", ".", "漢", "[ab]", "[^a]", "[一-龥]", "[^\\s\\p{L}]",
        "+", "*", "?", "++", "?+", "{1,3}", "{2}", "{0,40}", "{4096}", "{99999999999}", "{,}", "{", "}", "{2}+", "|",
        "|",
        "(", "(?:", "(?i:", "(?!", "(?=", "(?<=", "(?<!", "(?P<x>", "(?>", ")", ")", "[", "[^", "]", "&&", "-", "$",
        "^",
        "\\", "\\b", "\\1", "\\p", "\\p{", "\\P{Lu}", "\\x{41}", "\\u0041", "\\Q", "[[:alpha:]]", "[a-", "[z-a]",
        "[\\d-z]", "(?#", "*?", "+?", "\0", "😀", "\r", "\n", "\u{10FFFF}", "'s|'t",
    ]

    @Test(arguments: 0..<4) func `expressions of any kind are refused or cut all of a text`(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(FuzzEffort.seed(seed + 10)))
        for _ in 0..<FuzzEffort.tries(7500) {
            let splits = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                let count = Int.random(in: 1...10, using: &generator)
                let pattern = (0..<count).map { _ in Self.fragments.randomElement(using: &generator)! }
                return TextSplit(pattern.joined(), isLiteral: Int.random(in: 0..<8, using: &generator) == 0)
            }
            let splitter: WordSplitter
            do throws(UnknownExpression) {
                splitter = try WordSplitter(splits)
            } catch {
                try #require(!error.finding.isEmpty)
                continue
            }
            let text = Self.text(using: &generator)
            var position = 0
            splitter.forEachWord(in: text.span) { word in
                #expect(word.lowerBound == position && !word.isEmpty, "\(splits)")
                position = word.upperBound
            }
            try #require(position == text.count, "\(splits)")
        }
    }

    /// Characters, long runs of one, and bytes that are none.
    private static func text(using generator: inout SeededGenerator) -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: text += generator.bytes(Int.random(in: 1...8, using: &generator))
            case 1:
                let scalar = RandomExpression.alphabet.randomElement(using: &generator)!
                let count = Int.random(in: 1...300, using: &generator)
                text += Array(repeating: Array(String(scalar).utf8), count: count).flatMap(\.self)
            default: text += "ab1 漢-".utf8.prefix(Int.random(in: 1...8, using: &generator))
            }
        }
        return text
    }
}
