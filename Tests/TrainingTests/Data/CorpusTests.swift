import ModelFiles
import Testing
import Training

@Suite struct CorpusTests {
    /// `0123456789` over and over.
    private let digits = String((0..<1000).map { Character("\($0 % 10)") })

    @Test func `nine tenths of a file train and the last tenth validates`() throws {
        let folder = try TextFolder()
        try folder.write(digits, as: "digits.txt")
        let corpus = try folder.corpus("digits.txt")
        #expect(corpus.domains.map(\.name) == ["digits"])
        #expect(corpus.domains[0].trainingTokens == 900 && corpus.domains[0].validationTokens == 100)
        #expect(corpus.description.pieces == ["<unk>", "<s>", "</s>"] + (0...9).map { "\($0)" })
        #expect(!corpus.description.addsBeginning)
        #expect(try corpus.text(corpus.validationTokens(of: 0)) == digits.suffix(100))
    }

    @Test func `each sequence stands in the training part and is followed by its targets`() throws {
        let folder = try TextFolder()
        try folder.write(digits, as: "digits.txt")
        let corpus = try folder.corpus()
        let batch = corpus.batch(step: 3, sequences: 5, context: 8, seed: 1)
        #expect(batch.sequences == 5 && batch.tokens.count == 40)
        for (token, target) in zip(batch.tokens, batch.targets) { #expect(target - 3 == (token - 3 + 1) % 10) }
        #expect(batch.tokens[0..<8].dropFirst() == batch.targets[0..<7])
    }

    @Test func `a batch depends on its step, part and seed and on nothing else`() throws {
        let folder = try TextFolder()
        try folder.write(digits, as: "digits.txt")
        let (corpus, other) = try (folder.corpus(), folder.corpus())
        _ = other.batch(step: 8, sequences: 3, context: 4, seed: 1)
        func batch(_ corpus: Corpus, _ step: Int, _ part: Int = 0, seed: UInt64 = 1) -> Batch {
            corpus.batch(step: step, microBatch: part, sequences: 16, context: 4, seed: seed)
        }
        #expect(batch(corpus, 7) == batch(other, 7))
        let all = [batch(corpus, 7), batch(corpus, 8), batch(corpus, 7, 1), batch(corpus, 7, seed: 2)]
        #expect(Set(all.map(\.tokens)).count == 4)
    }

    @Test func `every file and every sub-folder of a folder is a domain`() throws {
        let folder = try TextFolder()
        try folder.write("abababababababababab", as: "letters.txt")
        try folder.write("1212121212", as: "numbers/b.txt")
        try folder.write("2121212121", as: "numbers/deep/a.txt")
        try folder.write("", as: "empty.txt")
        try folder.write("secret", as: ".hidden")
        try folder.write([0, 1, 2, 3], as: "picture.png")
        let corpus = try folder.corpus()
        #expect(corpus.domains.map(\.name) == ["letters", "numbers"])
        #expect(corpus.domains.map(\.trainingTokens) == [18, 18])
        #expect(corpus.domains.map(\.validationTokens) == [2, 2])
        #expect(try corpus.text(corpus.validationTokens(of: 1)) == "21")
        #expect(try folder.corpus(nil, .bytes).domains.map(\.name) == ["letters", "numbers", "picture"])
    }

    @Test func `sequences come from domains as often as their weights say`() throws {
        let folder = try TextFolder()
        try folder.write(String(repeating: "ab", count: 300), as: "a.txt")
        try folder.write(String(repeating: "cd", count: 100), as: "b.txt")
        try folder.write(String(repeating: "ef", count: 100), as: "c.txt")
        func share(of domain: Int, _ weights: [String: Double]) throws -> Double {
            let batch = try folder.corpus(weights: weights).batch(step: 0, sequences: 4000, context: 4, seed: 5)
            return Double(batch.domains.count { $0 == domain }) / 4000
        }
        #expect(try folder.corpus().domains.map(\.weight) == [0.6, 0.2, 0.2])
        #expect(try abs(share(of: 0, [:]) - 0.6) < 0.03)
        #expect(try abs(share(of: 1, ["b": 2]) - 0.5) < 0.03)
        #expect(try share(of: 2, ["c": 0]) == 0)
        #expect(throws: ModelFileError.self) { try folder.corpus(weights: ["d": 1]) }
        #expect(throws: ModelFileError.self) { try folder.corpus(weights: ["a": -1]) }
        #expect(throws: ModelFileError.self) { try folder.corpus(weights: ["a": 0, "b": 0, "c": 0]) }
    }

    @Test func `validation predicts every token but the first once`() throws {
        let folder = try TextFolder()
        try folder.write(digits, as: "digits.txt")
        let batches = try folder.corpus().validationBatches(sequences: 4, context: 8)
        // 99 targets are 12 windows of 8 and one of 3.
        #expect(batches.count == 4 && batches.map(\.sequences) == [4, 4, 4, 1])
        let targets = batches.flatMap(\.targets)
        #expect(targets.count == 13 * 8 && targets.suffix(5).allSatisfy { $0 == Batch.ignored })
        #expect(targets.dropLast(5).map { $0 - 3 } == (1..<100).map { $0 % 10 })
        #expect(batches[3].tokens.prefix(3).map { $0 - 3 } == [6, 7, 8])
    }

    @Test func `a limit takes windows from all over every domain`() throws {
        let folder = try TextFolder()
        try folder.write(digits, as: "a.txt")
        try folder.write(String(digits.prefix(100)), as: "b.txt")
        let batches = try folder.corpus().validationBatches(sequences: 2, context: 9, limit: 6)
        // 11 windows and 1: of the first, 6 × 11 / 12 = 5 at 0, 2, 4, 6 and 8.
        #expect(batches.map(\.domains) == [[0, 0], [0, 0], [0, 1]])
        #expect(batches[0].tokens[9] - 3 == 2 * 9 % 10 && batches[2].tokens[0] - 3 == 8 * 9 % 10)
    }

    @Test func `tokens are counted as training will meet them`() throws {
        let folder = try TextFolder()
        try folder.write(String(repeating: "ab", count: 50), as: "a.txt")
        try folder.write(String(repeating: "cccd", count: 25), as: "c.txt")
        #expect(try folder.corpus().tokenCounts() == [0, 0, 0, 45, 45, 68, 22])
        #expect(try folder.corpus(weights: ["c": 3]).tokenCounts() == [0, 0, 0, 23, 23, 102, 33])
    }

    @Test func `a blank line ends a document, which stands between marks`() throws {
        let folder = try TextFolder()
        try folder.write("\none\nof\n\n\n\ntwo\n\nsix\n\nten\n", as: "a.txt")
        let corpus = try folder.corpus(nil, end: .blankLine, share: 0.2)
        #expect(corpus.description.addsBeginning && corpus.description.pieces.contains("\n"))
        // 25 bytes; the document before byte 20 still trains.
        #expect(corpus.domains[0].trainingTokens == 6 + 3 + 3 + 3 * 2)
        #expect(corpus.description.names(corpus.validationTokens(of: 0)) == ["<s>", "t", "e", "n", "</s>"])
        #expect(corpus.tokenCounts()[1] == 3 && corpus.tokenCounts()[2] == 3)
    }

    @Test func `a context longer than a domain is refused by name`() throws {
        let folder = try TextFolder()
        try folder.write("abcdefghij", as: "short.txt")
        let corpus = try folder.corpus(nil, share: 0.2)
        try corpus.check(context: 7)
        #expect { try corpus.check(context: 8) } throws: {
            "\($0)".contains("short: has 8 tokens to train on, where a context of 8 needs 9")
        }
        #expect { try folder.corpus().check(context: 4) } throws: { "\($0)".contains("1 tokens to validate with") }
    }
}

extension TokenizerDescription {
    func names(_ ids: [Int]) -> [String] { ids.map { pieces[$0] } }
}
