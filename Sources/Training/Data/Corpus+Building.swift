import Foundation
import ModelFiles

/// How far the making of a corpus is.
package struct CorpusProgress: Sendable {
    package enum Stage: String, Sendable { case vocabulary, tokens }
    package let stage: Stage
    package let domain: String
    /// Share of this stage, from 0 to 1.
    package let share: Double
}

extension Corpus {
    /// Cuts text into tokens, or finds the tokens of an earlier time in the cache folder.
    ///
    /// - Parameters:
    ///   - documentEnd: what ends a document of a text file; toy corpora have their own documents.
    ///   - cacheFolder: where token files and trained vocabularies are kept; it is made when it is not there.
    ///   - weights: how often domains are drawn, in proportion to each other; those not named have 1. Without any, a
    ///     domain is drawn in proportion to its tokens.
    ///   - progress: called now and then, on this thread.
    ///   - isCancelled: asked now and then; once true, a `CancellationError` is thrown and nothing unfinished is kept.
    /// - Throws: ``ModelFileError`` for what cannot be read or written or is no corpus; `TokenizerError`.
    package init(
        _ material: Material, tokenizer choice: TokenizerChoice, documentEnd: DocumentEnd = .none,
        validationShare: Double = 0.1, cacheFolder: String, weights: [String: Double] = [:],
        progress: @escaping (CorpusProgress) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
    ) throws {
        guard validationShare > 0, validationShare < 1 else {
            throw ModelFileError(
                path: "validation share", problem: "is \(validationShare), where a number between 0 and 1 belongs")
        }
        let builder = try CorpusBuilder(
            material, choice, documentEnd: documentEnd, validationShare: validationShare, folder: cacheFolder,
            progress: progress, isCancelled: isCancelled)
        let files = try builder.sources.map(builder.tokenFile)
        guard files.contains(where: \.varies) else {
            throw ModelFileError(
                path: builder.sources.map(\.name).joined(separator: ", "), problem: "has one token and nothing else",
                remedy: "Give a text that has something to learn in it")
        }
        let names = builder.sources.map(\.name)
        let shares = try Self.shares(of: names, weights: weights, tokens: files.map(\.header.trainingCount))
        let domains = zip(builder.sources, files).enumerated().map { index, pair in
            Domain(
                name: pair.0.name, trainingTokens: pair.1.header.trainingCount,
                validationTokens: pair.1.header.validationCount, weight: shares[index],
                entropy: pair.1.entropy(material, of: pair.0.name))
        }
        self.init(domains: domains, description: builder.description, files: files)
    }

    /// The weights as shares of 1.
    static func shares(of names: [String], weights: [String: Double], tokens: [Int]) throws -> [Double] {
        if let stranger = weights.keys.sorted().first(where: { !names.contains($0) }) {
            throw ModelFileError(
                path: stranger, problem: "has a weight but is no domain",
                remedy: "The domains are \(names.joined(separator: ", "))")
        }
        guard tokens.contains(where: { $0 > 0 }) else {
            throw ModelFileError(
                path: names.joined(separator: ", "), problem: "has no tokens to train on",
                remedy: "Give more text, or a smaller share of it to validate with")
        }
        let wanted = names.indices.map { weights.isEmpty ? Double(tokens[$0]) : weights[names[$0]] ?? 1 }
        let total = wanted.reduce(0, +)
        guard wanted.allSatisfy({ $0 >= 0 && $0.isFinite }), total > 0, total.isFinite else {
            throw ModelFileError(
                path: names.joined(separator: ", "),
                problem: "the weights are \(wanted), where positive numbers belong, or 0 for a domain to be left out")
        }
        return wanted.map { $0 / total }
    }
}

extension TokenFile {
    fileprivate func entropy(_ material: Corpus.Material, of domain: String) -> Domain.Entropy? {
        guard case .toy(let toy) = material, let domain = toy.domains.first(where: { $0.name == domain }),
            let trainingNats = header.trainingNats, let validationNats = header.validationNats
        else { return nil }
        return Domain.Entropy(
            document: domain.entropy, trainingNats: trainingNats, validationNats: validationNats)
    }
}
