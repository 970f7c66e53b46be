import Foundation
import ModelFiles
import Testing
import Training

@Suite struct JSONLinesTests {
    private let folder = try! TextFolder()

    private func lines(_ texts: [String]) -> String {
        texts.map { "{\"text\": \"\($0)\", \"id\": 7}\n" }.joined()
    }

    @Test func `each line is a document between marks, and the last ones validate`() throws {
        try folder.write(lines(["one", "two", "", "s\\u00f6x", "ten"]) + "\n  \n", as: "texts.jsonl")
        let corpus = try folder.corpus("texts.jsonl", share: 0.2)
        #expect(corpus.domains.map(\.name) == ["texts"])
        #expect(corpus.description.addsBeginning)
        #expect(Set(corpus.description.pieces) == Set(["<unk>", "<s>", "</s>"] + "onetwsöx".map { "\($0)" }))
        #expect(corpus.domains[0].trainingTokens == 15)
        #expect(corpus.description.names(corpus.validationTokens(of: 0)) == ["<s>", "t", "e", "n", "</s>"])
    }

    @Test func `two texts are one to learn and one to validate with, however long`() throws {
        try folder.write(lines(["ab", String(repeating: "ab", count: 500)]), as: "two.ndjson")
        let corpus = try folder.corpus("two.ndjson")
        #expect(corpus.domains[0].trainingTokens == 4 && corpus.domains[0].validationTokens == 1002)
    }

    @Test func `lines in a folder are read as well, and long ones whole`() throws {
        let long = String(repeating: "word ", count: 500_000)
        try folder.write(lines([long, "b", "c"]), as: "deep/er/a.jsonl")
        try folder.write("plain text, plain text", as: "plain.txt")
        let corpus = try folder.corpus(nil, .bytes)
        #expect(corpus.domains.map(\.name) == ["deep", "plain"])
        let all = corpus.domains[0].trainingTokens + corpus.domains[0].validationTokens
        #expect(all == long.utf8.count + 2 + 3 + 3)
    }

    @Test(arguments: [
        ("{\"text\": 7}", 3), ("{\"txt\": \"a\"}", 3), ("plain words", 3), ("{\"text\": \"a\", \"domain\": 1}", 3),
        ("{\"text\": \"a", 3), ("[]", 3),
    ])
    func `a line that is none is named`(line: String, number: Int) throws {
        try folder.write(lines(["ab"]) + "\n" + line + "\n" + lines(["cd", "ef"]), as: "odd.jsonl")
        let problem = try #require(folder.problem("odd.jsonl"))
        #expect(
            problem.contains("odd.jsonl, line \(number): wanted is a JSON object with a string `text`"), "\(problem)")
        #expect(!problem.contains("--tokenizer"))
    }

    @Test func `a line of the part that validates has its number in the file`() throws {
        try folder.write(lines((0..<50).map { "text \($0)" }) + "{}\n", as: "odd.jsonl")
        #expect(folder.problem("odd.jsonl")?.contains("odd.jsonl, line 51: wanted") == true)
    }

    @Test func `tokens of the same file read as plain text are not taken for those of its texts`() throws {
        try folder.write(lines(["one", "two"]), as: "a.jsonl")
        #expect(try folder.corpus("a.jsonl").domains[0].trainingTokens == 5)
        try folder.write("", as: "none.jsonl")
        #expect(folder.problem("none.jsonl")?.contains("is empty") == true)
    }

    @Test func `links to files and folders are followed, and never in a circle`() throws {
        try folder.write("abab abab abab abab", as: "real/a.txt")
        try folder.write("cdcd cdcd", as: "real/sub/b.txt")
        let manager = FileManager.default
        func link(_ name: String, to target: String) throws {
            try manager.createSymbolicLink(atPath: folder.path + "/" + name, withDestinationPath: target)
        }
        try link("link", to: "real")
        try link("real/sub/up", to: "..")
        try link("real/sub/self", to: ".")
        try folder.write("efef efef", as: "elsewhere/c.txt")
        try link("real/linked", to: "../elsewhere")
        try link("real/d.txt", to: "../elsewhere/c.txt")
        try link("real/null", to: "/dev/null")
        let corpus = try folder.corpus("link")
        #expect(corpus.domains.map(\.name) == ["a", "d", "linked", "sub"])
        #expect(corpus.domains.map { $0.trainingTokens + $0.validationTokens } == [19, 9, 9, 9])
        try link("around", to: "around")
        #expect(
            folder.problem("around")?.contains("around: cannot be opened: Too many levels of symbolic links") == true)
    }
}
