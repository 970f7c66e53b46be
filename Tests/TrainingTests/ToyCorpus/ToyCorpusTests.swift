import Foundation
import ModelFiles
import Tensors
import Testing
import Training

@Suite struct ToyCorpusTests {
    static let names = ToyCorpus.allDomains.map(\.name)

    private func sample(_ name: String, count: Int, seed: UInt64 = 3) -> [(text: String, nats: Double)] {
        let domain = ToyCorpus.allDomains.first { $0.name == name }!
        var random = RandomNumbers(seed: seed)
        return (0..<count).map { _ in
            var text: [UInt8] = []
            let nats = domain.write(into: &text, using: &random)
            return (String(decoding: text, as: UTF8.self), nats)
        }
    }

    private func mean(_ numbers: [Double]) -> (mean: Double, error: Double) {
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
        return (mean, (variance / Double(numbers.count)).squareRoot())
    }

    @Test(arguments: names) func `the exact entropy and length are those of many documents`(name: String) {
        let domain = ToyCorpus.allDomains.first { $0.name == name }!
        let documents = sample(name, count: 20_000)
        let nats = mean(documents.map(\.nats))
        let length = mean(documents.map { Double($0.text.utf8.count) })
        // Five standard errors, and something for the domains where every document costs the same.
        #expect(abs(nats.mean - domain.entropy.nats) < 5 * nats.error + 1e-9)
        #expect(abs(length.mean - domain.entropy.characters) < 5 * length.error + 1e-9)
    }

    @Test(arguments: names) func `documents are plain text without a blank line`(name: String) {
        for (text, _) in sample(name, count: 500) {
            #expect(!text.isEmpty && !text.contains("\n\n") && !text.hasSuffix("\n"))
            #expect(text.utf8.allSatisfy { 0x20...0x7E ~= $0 || $0 == 0x0A })
        }
    }

    /// −log p of a document must say how often it comes.
    @Test(arguments: ["arithmetic", "counting"]) func `documents come as often as their chances say`(name: String) {
        let documents = sample(name, count: 60_000)
        let often = Dictionary(grouping: documents, by: \.text).filter { $0.value.count >= 30 }
        #expect(often.count > 100)
        for (_, same) in often {
            let expected = exp(-same[0].nats) * 60_000
            #expect(abs(Double(same.count) - expected) < 6 * expected.squareRoot() + 1)
        }
    }

    @Test func `no story can come about in two ways`() {
        for (text, nats) in sample("stories", count: 400) {
            let ways = Stories.grammar.derivations(of: Array(text.utf8))
            #expect(ways.count == 1 && abs(ways[0] - nats) < 1e-9, "\(ways) for \(text)")
        }
    }

    @Test func `what is asked is answered`() {
        for (text, _) in sample("arithmetic", count: 300) {
            let parts = text.split { !$0.isNumber }.map { Int($0)! }
            let (left, right, answer) = (parts[0], parts[1], parts[2])
            let expected = text.contains("+") ? left + right : text.contains("*") ? left * right : left - right
            #expect(answer == expected, "\(text)")
        }
        for (text, _) in sample("sorting", count: 100) {
            let halves = text.dropFirst(5).split(separator: ": ").map { $0.split(separator: " ") }
            #expect(halves[0].sorted() == halves[1], "\(text)")
        }
        for (text, _) in sample("copying", count: 100) {
            let (word, other) = (text.dropFirst(5).split(separator: ": ")[0], text.split(separator: ": ")[1])
            #expect(text.hasPrefix("turn") ? String(word.reversed()) == other : word == other, "\(text)")
        }
        for (text, _) in sample("brackets", count: 100) {
            var rest = text
            while let range = rest.range(of: "()") ?? rest.range(of: "[]") ?? rest.range(of: "{}") {
                rest.removeSubrange(range)
            }
            #expect(rest.isEmpty, "\(text)")
        }
        #expect(sample("dates", count: 50).allSatisfy { isRight($0.text) })
    }

    /// Against Foundation's calendar.
    private func isRight(_ date: String) -> Bool {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "d MMMM yyyy 'is a' EEEE"
        return format.date(from: date).map(format.string) == date
    }

    @Test func `a domain's text depends on the seed but not on the other domains`() throws {
        func text(_ names: [String]?, seed: UInt64) throws -> [UInt8] {
            let folder = try TextFolder()
            try ToyCorpus(names, bytesPerDomain: 2000, seed: seed).write(to: folder.path)
            return try Array(Data(contentsOf: URL(filePath: folder.path + "/dates.txt")))
        }
        let one = try text(["dates"], seed: 1)
        #expect(try one == text(nil, seed: 1))
        #expect(try one != text(["dates"], seed: 2))
        #expect(one.count > 2000 && one.suffix(2) == [10, 10])
        #expect(throws: ModelFileError.self) { try ToyCorpus(["poems"], bytesPerDomain: 1, seed: 1) }
    }

    @Test func `a generated corpus knows the best loss on its validation part`() throws {
        let folder = try TextFolder()
        let toy = try ToyCorpus(["counting", "copying"], bytesPerDomain: 40_000, seed: 4)
        let corpus = try Corpus(.toy(toy), tokenizer: .characters, cacheFolder: folder.cache)
        #expect(corpus.description.addsBeginning)
        let counting = corpus.domains[0]
        #expect(counting.name == "counting")
        // Each document costs ln 900 and is its characters and two marks.
        let documents = counting.entropy!.validationNats / log(900)
        #expect(abs(documents - documents.rounded()) < 1e-9)
        #expect(
            abs(counting.bestValidationLoss! - documents * log(900) / Double(counting.validationTokens - 1)) < 1e-12)
        let rate = counting.entropy!.document.perCharacter(ending: 2)
        #expect(abs(counting.bestValidationLoss! - rate) < 0.05 * rate)
        #expect(abs(Double(counting.validationTokens) / Double(counting.trainingTokens) - 1.0 / 9) < 0.01)
        let tokens = corpus.validationTokens(of: 0)
        #expect(tokens.first == 1 && tokens.last == 2 && tokens.count == counting.validationTokens)
    }
}
