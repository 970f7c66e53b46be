import ModelFiles
import Testing

struct BytePairTrainerTests {
    private let text = "low low low low low lower lower newest newest newest\nwidest, widest: 1900 1900 1900 (low)\n"

    private func trained(_ text: String, size: Int) throws -> TokenizerDescription {
        var trainer = BytePairTrainer()
        try trainer.add(Array(text.utf8))
        return trainer.description(size: size)
    }

    private func learned(_ description: TokenizerDescription) -> [String] {
        description.pieces.indices.filter { description.kinds[$0] == .normal }.map { description.pieces[$0] }
    }

    @Test func `the most frequent pairs become pieces first`() throws {
        // There are 19 characters. lo and low come 8 times, the space before low 6 times, es and est 5 times.
        let pieces = learned(try trained(text, size: 259 + 19 + 5))
        #expect(pieces.prefix(5) == ["lo", "low", "\u{2581}low", "es", "est"])
        #expect(pieces.count == 24 && pieces[5...].allSatisfy { $0.unicodeScalars.count == 1 })
    }

    @Test func `pieces keep to words, and digits and line ends stay alone`() throws {
        for piece in learned(try trained(text + "a\n\nb\n\n1900\n\n19 00, . , . ,. ,. low. low.", size: 400)) {
            #expect(!piece.dropFirst().contains("\u{2581}"), "\(piece)")
            let isSingle = piece.unicodeScalars.count == 1
            #expect(isSingle || !piece.contains { $0.isNumber || $0 == "\n" }, "\(piece)")
            #expect(isSingle || Set(piece.filter { $0 != "\u{2581}" }.map(\.isLetter)).count == 1, "\(piece)")
        }
    }

    /// Byte-pair training as the paper has it: count all pairs anew for every merge.
    private func simplyLearned(_ words: [String], merges: Int) -> [String] {
        var words = words.map { $0.map(String.init) }
        var age: [String: Int] = [:]
        let counts = words.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }
        for (index, character) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).enumerated() {
            age[character.key] = index
        }
        var learned: [String] = []
        while learned.count < merges {
            var pairs: [[String]: Int] = [:]
            for word in words {
                for pair in zip(word, word.dropFirst()) { pairs[[pair.0, pair.1], default: 0] += 1 }
            }
            let order = { (one: [String], other: [String]) in
                (age[one[0]]!, age[one[1]]!) < (age[other[0]]!, age[other[1]]!)
            }
            guard
                let best = pairs.filter({ $0.value > 1 && $0.key.joined().count <= 16 })
                    .min(by: { $0.value == $1.value ? order($0.key, $1.key) : $0.value > $1.value })
            else { return learned }
            let piece = best.key.joined()
            if age[piece] == nil {
                age[piece] = age.count
                learned.append(piece)
            }
            words = words.map { word in
                var merged: [String] = []
                for symbol in word {
                    if merged.last == best.key[0], symbol == best.key[1], !merged.isEmpty {
                        merged[merged.count - 1] = piece
                    } else {
                        merged.append(symbol)
                    }
                }
                return merged
            }
        }
        return learned
    }

    @Test(arguments: 0..<10) func `the fast way learns what the slow way learns`(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let words = (0..<60).map { _ in
            String(
                (0..<Int.random(in: 1...12, using: &generator)).map { _ in "aaabbcd".randomElement(using: &generator)! }
            )
        }
        let description = try trained(words.joined(separator: "\n"), size: 259 + 5 + 30)
        #expect(learned(description).prefix(30) == simplyLearned(words, merges: 30)[...])
    }

    @Test func `learning ends when no pair comes twice`() throws {
        let description = try trained("ab ab cd", size: 10_000)
        #expect(learned(description).prefix(1) == ["ab"] && description.pieces.count == 259 + 1 + 5)
        #expect(description.scores.suffix(6) == [0, -1, -2, -3, -4, -5])
    }

    @Test func `the same text makes the same vocabulary, and order of words does not matter`() throws {
        let words = text.split(separator: " ").map { " " + $0 }
        let (one, other) = try (trained(words.joined(), size: 320), trained(words.reversed().joined(), size: 320))
        #expect(one == other)
    }

    @Test func `a piece never has the name of a special piece or of a byte`() throws {
        let text = String(repeating: "<s> </s> <unk> <0x0A> ", count: 50)
        let description = try trained(text, size: 400)
        #expect(Set(description.pieces).count == description.pieces.count)
        _ = try SentencePieceModel(bytes: SentencePieceModel.bytes(of: description))
        let tokenizer = try SentencePieceTokenizer(description)
        #expect(tokenizer.decode(tokenizer.encode(text.utf8)) == text)
    }

    @Test func `what has no piece is spelled in bytes, so every text comes back`() throws {
        let description = try trained(text, size: 259 + 12)
        let tokenizer = try SentencePieceTokenizer(description)
        for text in [text, "zebra  é 🦊\u{0}", " lead\n\n", "\u{2581}"] {
            let ids = tokenizer.encode(text.utf8)
            #expect(tokenizer.decode(ids) == text.replacing("\u{2581}", with: " "))
            guard !text.utf8.contains(0) else { continue }
            var encoder = try BulkEncoder(description)
            var bulk: [Int32] = []
            try encoder.encode(Array(text.utf8), into: &bulk)
            #expect(bulk.map(Int.init) == ids)
        }
    }

    @Test(arguments: 0..<20) func `words by themselves have the ids they have in the text`(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let alphabet = Array("aab b,.1\n é\u{2581}")
        let text = String((0..<400).map { _ in alphabet.randomElement(using: &generator)! })
        let description = try trained(text, size: 259 + Int.random(in: 1...60, using: &generator))
        var encoder = try BulkEncoder(description)
        var ids: [Int32] = []
        try encoder.encode(Array(text.utf8), into: &ids)
        #expect(try ids.map(Int.init) == SentencePieceTokenizer(description).encode(text.utf8))
    }
}
