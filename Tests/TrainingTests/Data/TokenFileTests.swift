import Foundation
import ModelFiles
import Tensors
import Testing
import Training

@Suite struct TokenFileTests {
    private let text = String((0..<500).map { Character("\($0 % 7)") })

    private func tokens(_ corpus: Corpus) -> [Int] {
        let domain = corpus.domains[0]
        return corpus.tokens(0..<domain.trainingTokens, of: .training, domain: 0)
            + corpus.tokens(0..<domain.validationTokens, of: .validation, domain: 0)
    }

    private func changed(_ path: String) throws -> Date {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date)
    }

    @Test func `tokens are made once and again only when text or vocabulary change`() throws {
        let folder = try TextFolder()
        try folder.write(text, as: "a.txt")
        _ = try folder.corpus()
        let names = try folder.cached
        let dates = try names.map { try changed(folder.cache + "/" + $0) }
        _ = try folder.corpus()
        #expect(try folder.cached == names)
        #expect(try names.map { try changed(folder.cache + "/" + $0) } == dates)
        let other = try folder.corpus(share: 0.2)
        #expect(other.domains[0].validationTokens == 100)
        try folder.write(text + text, as: "a.txt")
        #expect(try folder.corpus().domains[0].trainingTokens == 900)
    }

    @Test func `a damaged token file is made again`() throws {
        let folder = try TextFolder()
        try folder.write(text, as: "a.txt")
        let expected = tokens(try folder.corpus())
        let path = folder.cache + "/" + (try folder.cached.first { $0.hasSuffix(".tokens") }!)
        let whole = try Data(contentsOf: URL(filePath: path))
        #expect(whole.count == 80 + 500 * 2)
        var random = RandomNumbers(seed: 3)
        for round in 0..<80 {
            var damaged = whole
            switch round % 4 {
            case 0: damaged.removeLast(Int.random(in: 1...damaged.count, using: &random))
            case 1: damaged.append(contentsOf: Array(repeating: 0, count: Int.random(in: 1...200, using: &random)))
            case 2: damaged[Int.random(in: 0..<80, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: damaged[Int.random(in: 80..<1080, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            try damaged.write(to: URL(filePath: path))
            #expect(tokens(try folder.corpus()) == expected)
        }
    }

    /// Files that are consistent in themselves but lie.
    @Test func `a token file that points beyond itself or the vocabulary is made again`() throws {
        let folder = try TextFolder()
        try folder.write(text, as: "a.txt")
        let expected = tokens(try folder.corpus())
        let path = folder.cache + "/" + (try folder.cached.first { $0.hasSuffix(".tokens") }!)
        let whole = Array(try Data(contentsOf: URL(filePath: path)))
        func crc(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            let sum = Array(bytes).withUnsafeBytes { crc32c($0) }
            return (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
        }
        func expectRemade(_ change: (inout [UInt8]) -> Void) throws {
            var bytes = whole
            change(&bytes)
            bytes.replaceSubrange(68..<72, with: crc(bytes[80...]))
            bytes.replaceSubrange(72..<76, with: crc(bytes[..<72]))
            try Data(bytes).write(to: URL(filePath: path))
            #expect(tokens(try folder.corpus()) == expected)
            #expect(Array(try Data(contentsOf: URL(filePath: path))) == whole)
        }
        try expectRemade { $0[80] = 200 }  // no such token
        try expectRemade { $0.replaceSubrange(16..<24, with: Array(repeating: 0xFF, count: 8)) }  // more than there are
        try expectRemade { $0.replaceSubrange(24..<32, with: [0, 0, 0, 0, 0, 0, 0, 0x7F]) }
        try expectRemade { $0[12] = 4 }  // wider tokens
        try expectRemade { $0[64] = 255 }  // another vocabulary
        try expectRemade { $0[40] ^= 1 }
        try expectRemade { $0[8] = 2 }  // a later version
    }

    @Test func `a damaged vocabulary is learned again`() throws {
        let folder = try TextFolder()
        try folder.write(String(repeating: "some words are here\n", count: 50), as: "a.txt")
        let description = try folder.corpus(nil, .bytePairs(pieces: 300)).description
        let path = folder.cache + "/" + (try folder.cached.first { $0.hasSuffix(".model") }!)
        try Data(contentsOf: URL(filePath: path)).prefix(1000).write(to: URL(filePath: path))
        #expect(try folder.corpus(nil, .bytePairs(pieces: 300)).description == description)
    }

    @Test func `a text longer than what is read at once is cut as if it were not`() throws {
        let folder = try TextFolder()
        var random = RandomNumbers(seed: 1)
        let words = ["no", "spätere", "東京", "rain,", "rain", "1987", "\n", "\n\n", "a"]
        let text = (0..<260_000).map { _ in words.randomElement(using: &random)! }.joined(separator: " ")
        try folder.write(text, as: "a.txt")
        let whole = Array(text.utf8)
        #expect(whole.count > 1_200_000)
        for choice in [TokenizerChoice.characters, .bytes, .bytePairs(pieces: 300)] {
            let corpus = try folder.corpus(nil, choice)
            let split = whole.count * 9 / 10 + whole[(whole.count * 9 / 10)...].prefix { 0x80...0xBF ~= $0 }.count
            var encoder = try BulkEncoder(corpus.description)
            var expected: [Int32] = []
            try encoder.encode(Array(whole[..<split]), into: &expected)
            let training = corpus.tokens(0..<corpus.domains[0].trainingTokens, of: .training, domain: 0)
            #expect(training == expected.map(Int.init))
        }
    }

    @Test func `documents are whole wherever the file was cut`() throws {
        let folder = try TextFolder()
        var random = RandomNumbers(seed: 2)
        let documents = (0..<30_000).map { number in
            (0..<Int.random(in: 1...20, using: &random)).map { _ in "\(number % 10)" }.joined(separator: "\n\(number) ")
        }
        let text = documents.joined(separator: "\n\n")
        try folder.write(text, as: "a.txt")
        #expect(text.utf8.count > 1_500_000)
        let corpus = try folder.corpus(nil, end: .blankLine)
        let read = try corpus.text(
            tokens(corpus).map { $0 == 2 ? corpus.description.pieces.firstIndex(of: "\n")! : $0 })
        #expect(read == documents.joined(separator: "\n") + "\n")
        #expect(tokens(corpus).count { $0 == 1 } == 30_000 && tokens(corpus).count { $0 == 2 } == 30_000)
        #expect(abs(corpus.tokenCounts()[1] - 27_000) < 500)
    }

    @Test func `large vocabularies take four bytes for a token`() throws {
        let folder = try TextFolder()
        let scalars =
            (0x4E00..<0x4E00 + 20_000).map { Unicode.Scalar($0)! }
            + (0x20000..<0x20000 + 46_000).map { Unicode.Scalar($0)! }
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        try folder.write(text, as: "a.txt")
        let corpus = try folder.corpus()
        #expect(corpus.description.pieces.count == 66_003)
        #expect(tokens(corpus) == Array(3..<66_003))
    }
}
