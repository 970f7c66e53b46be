import ModelFiles
import Testing

struct WordSplitterTests {
    private func words(_ text: String, _ splits: TextSplit...) throws -> [String] {
        let bytes = Array(text.utf8)
        var words: [String] = []
        try WordSplitter(splits).forEachWord(in: bytes.span) {
            words.append(String(decoding: bytes[$0], as: UTF8.self))
        }
        return words
    }

    @Test func `the first alternative that matches is taken, and runs are as long as they can be`() throws {
        #expect(try words("aab", TextSplit("a|aa|b")) == ["a", "a", "b"])
        #expect(try words("aab", TextSplit("a+b|a")) == ["aab"])
        #expect(try words("aaab", TextSplit("a{1,2}")) == ["aa", "a", "b"])
        #expect(try words("12345", TextSplit(#"\p{N}{2}"#)) == ["12", "34", "5"])
    }

    @Test func `a run gives back what the rest needs, unless it is possessive`() throws {
        #expect(try words("ab  cd", TextSplit(#"\s+(?!\S)|\s+"#)) == ["ab", " ", " ", "cd"])
        #expect(try words("aaa", TextSplit("a+a")) == ["aaa"])
        #expect(try words("aaa", TextSplit("a++a")) == ["aaa"], "nothing is found, and what is not found is one part")
        #expect(try words("xaab", TextSplit("a?ab")) == ["x", "aab"])
    }

    @Test func `classes, ranges and their opposites`() throws {
        #expect(try words("aÄ1_", TextSplit(#"\p{Lu}"#)) == ["a", "Ä", "1_"])
        #expect(try words("aÄ1_", TextSplit(#"[^\p{L}\d]"#)) == ["aÄ1", "_"])
        #expect(try words("a漢b", TextSplit("[一-龥]")) == ["a", "漢", "b"])
        #expect(try words("a漢b", TextSplit("[^一-龥]+")) == ["a", "漢", "b"])
        #expect(try words("漢aα", TextSplit(#"[\p{L}&&[^\p{Han}]]+"#)) == ["漢", "aα"])
        #expect(try words("a]-b", TextSplit(#"[\]\-]+"#)) == ["a", "]-", "b"])
        #expect(try words("\u{85}x\u{3000}", TextSplit(#"\s"#)) == ["\u{85}", "x", "\u{3000}"])
    }

    @Test func `cases are the same where it is asked for, and the long s is an s`() throws {
        #expect(try words("a'Sb'ſ", TextSplit("(?i:'s)")) == ["a", "'S", "b", "'ſ"])
        #expect(try words("a'S's", TextSplit("'s")) == ["a'S", "'s"])
    }

    @Test func `each step cuts what the one before it left`() throws {
        #expect(try words("a12 b", TextSplit("[0-9]"), TextSplit(#"\s?\p{L}"#)) == ["a", "1", "2", " b"])
        #expect(try words("a \n", TextSplit("\n"), TextSplit(#"\s+$"#)) == ["a", " ", "\n"])
    }

    @Test(arguments: [
        (TextSplit.Behavior.isolated, ["a", "-", "-", "b", "-"]), (.removed, ["a", "b"]),
        (.contiguous, ["a", "--", "b", "-"]), (.mergedWithPrevious, ["a-", "-", "b-"]),
        (.mergedWithNext, ["a", "-", "-b", "-"]),
    ]) func `what is found is put together as the behavior says`(behavior: TextSplit.Behavior, parts: [String]) throws {
        #expect(try words("a--b-", TextSplit("-", behavior: behavior)) == parts)
    }

    @Test func `what lies between can be meant as well`() throws {
        #expect(try words("a--b", TextSplit("-", behavior: .contiguous, isInverted: true)) == ["a", "--", "b"])
        #expect(try words("a.b", TextSplit("[a-z]", behavior: .removed, isInverted: true)) == ["a", ".", "b"])
    }

    @Test(arguments: [
        (#"(?<=a)b"#, "(?<"), (#"(a|b)+"#, "repeated"), (#"a*?"#, "lazy"), (#"\bx"#, #"\b"#), (#"\p{Greek}"#, "Greek"),
        (#"(?=ab)"#, "look ahead"), (#"[a"#, "does not end"), (#"(a"#, "does not end"), (#"a{9999}"#, "count"),
        ("^a", "^"),
        (#"[z-a]"#, "backwards"), ("[[:alpha:]]", "[: :]"), (#"\"#, "backslash"), ("*", "*"),
        (String(repeating: "(", count: 100), "groups in groups"),
        ("[ab]*a[ab]{20}", "too many ways"), (String(repeating: "a{4000}", count: 20), "too many ways"),
        ("a{2}+", "read in two ways"),
        (String(String.UnicodeScalarView((0..<65).compactMap { Unicode.Scalar(0x4E00 + $0) })), "65 sets"),
        (String(repeating: "a", count: 20_000), "characters"),
    ]) func `an expression that is not known is refused by name`(pattern: String, finding: String) {
        let error = #expect(throws: UnknownExpression.self) { try WordSplitter([TextSplit(pattern)]) }
        #expect(error?.finding.contains(finding) ?? false, "\(error?.finding ?? "")")
    }

    @Test func `more expressions than any tokenizer has are refused`() {
        let splits = Array(repeating: TextSplit("a"), count: 33)
        #expect(throws: UnknownExpression.self) { try WordSplitter(splits) }
    }

    @Test func `a line ends before a line feed and at the end of the text`() throws {
        #expect(try words("a\nba", TextSplit("a$")) == ["a", "\nb", "a"])
        #expect(try words("x  \ny  ", TextSplit(#"\s+$"#)) == ["x", "  ", "\ny", "  "])
    }

    @Test func `many words go through many steps in order`() throws {
        let text = String(repeating: "ab1 漢字\n", count: 2000)
        let parts = try words(text, TextSplit("\n"), TextSplit(#"\p{N}"#), TextSplit("[一-龥]"), TextSplit(#"\s?\p{L}"#))
        #expect(parts == Array(repeating: ["a", "b", "1", " ", "漢", "字", "\n"], count: 2000).flatMap(\.self))
    }

    /// Each would take hours if what failed once were tried again at every place.
    @Test(arguments: ["a*b", "a*a*a*b", #"a+$"#, "(?:a+|a)c", "a?a*ab", "a|a*b"])
    func `long texts take no longer than they are long`(pattern: String) throws {
        let text = String(repeating: "a", count: 60_000) + "c" + String(repeating: "a", count: 60_000) + "d"
        #expect(try words(text, TextSplit(pattern)).joined() == text)
    }
}
