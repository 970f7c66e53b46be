import Foundation
import ModelFiles
import Training

/// A folder of texts, with a cache beside them, that goes away with its owner.
final class TextFolder: Sendable {
    let path: String
    let cache: String

    init() throws {
        let home = NSTemporaryDirectory() + "TrainingTests-\(UUID().uuidString)"
        path = home + "/texts"
        cache = home + "/cache"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: URL(filePath: path).deletingLastPathComponent().path) }

    @discardableResult
    func write(_ bytes: some Collection<UInt8>, as name: String) throws -> String {
        let url = URL(filePath: path + "/" + name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return url.path
    }

    @discardableResult
    func write(_ text: String, as name: String) throws -> String { try write(text.utf8, as: name) }

    /// A corpus of one of the texts, or of all.
    func corpus(
        _ name: String? = nil, _ choice: TokenizerChoice = .characters, end: DocumentEnd = .none, share: Double = 0.1,
        weights: [String: Double] = [:]
    ) throws -> Corpus {
        try Corpus(
            .files([name.map { path + "/" + $0 } ?? path]), tokenizer: choice, documentEnd: end, validationShare: share,
            cacheFolder: cache, weights: weights)
    }

    var cached: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: cache).sorted() } }

    /// What making a corpus fails with.
    func problem(_ name: String? = nil, _ choice: TokenizerChoice = .characters, end: DocumentEnd = .none) -> String? {
        do {
            _ = try corpus(name, choice, end: end)
            return nil
        } catch {
            return "\(error)"
        }
    }
}

extension Corpus {
    /// All tokens of a domain's validation part, read from windows of one sequence each.
    func validationTokens(of domain: Int, context: Int = 7) -> [Int] {
        let batches = validationBatches(sequences: 1, context: context).filter { $0.domains == [domain] }
        return batches.flatMap { batch in batch.tokens.prefix(1) }.prefix(1)
            + batches.flatMap { batch in batch.targets.filter { $0 != Batch.ignored } }
    }

    func text(_ tokens: [Int]) throws -> String { try SentencePieceTokenizer(description).decode(tokens) }
}
