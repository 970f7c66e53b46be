/// Sequences to train on or to measure with.
package struct Batch: Sendable, Equatable {
    /// Tokens in each sequence.
    package let context: Int
    /// `[sequences × context]`, sequence after sequence.
    package internal(set) var tokens: [Int] = []
    /// The token that follows each of ``tokens``; ``ignored`` where none does.
    package internal(set) var targets: [Int] = []
    /// The domain of each sequence, as an index into ``Corpus/domains``.
    package internal(set) var domains: [Int] = []

    /// The target of a position that only fills a sequence up.
    package static let ignored = -1

    package var sequences: Int { domains.count }

    /// - Parameters:
    ///   - tokens: whole sequences of `context` tokens.
    ///   - domains: one for each sequence.
    package init(context: Int, tokens: [Int] = [], targets: [Int] = [], domains: [Int] = []) {
        precondition(
            tokens.count == context * domains.count && targets.count == tokens.count,
            "\(tokens.count) tokens and \(targets.count) targets for \(domains.count) sequences of \(context)")
        self.context = context
        self.tokens = tokens
        self.targets = targets
        self.domains = domains
    }

    /// Adds a sequence: `context + 1` tokens that follow each other, or fewer, which are filled up.
    mutating func append(_ window: [Int], domain: Int) {
        let missing = context + 1 - window.count
        tokens += window.dropLast() + Array(repeating: 0, count: missing)
        targets += window.dropFirst() + Array(repeating: Self.ignored, count: missing)
        domains.append(domain)
    }
}
