package import ModelFiles
import Tensors

/// Text of one or several domains as tokens, which wait in files that are mapped into memory.
package struct Corpus: Sendable {
    /// A corpus is split once: the first part of every file trains, the rest validates.
    package enum Part: String, Codable, Sendable, CaseIterable {
        case training, validation
    }

    /// What the tokens are made of.
    package enum Material: Sendable {
        /// Text files, and folders in which each file and each sub-folder is a domain.
        case files([String])
        /// Text that is generated, of domains with known entropy.
        case toy(ToyCorpus)
    }

    /// In the order of the material.
    package let domains: [Domain]
    /// The vocabulary.
    package let description: TokenizerDescription
    let files: [TokenFile]

    /// Some tokens of a part of a domain, in their order.
    package func tokens(_ range: Range<Int>, of part: Part, domain: Int) -> [Int] {
        files[domain].tokens(part, range)
    }

    package func tokenCount(of part: Part) -> Int { files.reduce(0) { $0 + $1.count(of: part) } }

    /// How often training meets each token of the vocabulary, were it to draw as many tokens as there are: the counts in
    /// the training part, each domain in proportion to its weight.
    package func tokenCounts() -> [Int] {
        let total = Double(tokenCount(of: .training))
        var counts = Array(repeating: 0.0, count: description.pieces.count)
        for (domain, file) in zip(domains, files) where domain.trainingTokens > 0 {
            let factor = domain.weight * total / Double(domain.trainingTokens)
            for (token, count) in file.trainingCounts().enumerated() { counts[token] += factor * Double(count) }
        }
        return counts.map { Int($0.rounded()) }
    }

    /// Tokens of the training part that stand for characters which the vocabulary does not have.
    package var unknownTokens: Int {
        guard let unknown = description.unknownID else { return 0 }
        return files.reduce(0) { $0 + $1.trainingCounts()[unknown] }
    }

    /// - Throws: when a part is too short for sequences of so many tokens.
    package func check(context: Int) throws {
        for domain in domains {
            let isDrawn = domain.weight > 0
            guard !isDrawn || domain.trainingTokens > context else {
                throw ModelFileError(
                    path: domain.name,
                    problem: "has \(domain.trainingTokens) tokens to train on, where a context of \(context) needs "
                        + "\(context + 1)",
                    remedy: "Give more text, or a shorter context")
            }
            guard domain.validationTokens > 1 else {
                throw ModelFileError(
                    path: domain.name,
                    problem: "has \(domain.validationTokens) tokens to validate with, where 2 are needed",
                    remedy: "Give more text, or a greater share of it")
            }
        }
    }
}

extension Corpus {
    /// The sequences of a step: the same for the same arguments, whatever was asked before.
    ///
    /// Each sequence is of a domain drawn by weight and begins anywhere in its training part.
    package func batch(step: Int, microBatch: Int = 0, sequences: Int, context: Int, seed: UInt64) -> Batch {
        precondition(step >= 0 && microBatch >= 0 && context > 0, "step \(step).\(microBatch), context \(context)")
        let stream = 1 << 63 | UInt64(step) &<< 24 | UInt64(microBatch)
        var random = RandomNumbers(seed: seed, stream: stream)
        var batch = Batch(context: context)
        for _ in 0..<sequences {
            let domain = draw(using: &random)
            let count = domains[domain].trainingTokens
            precondition(count > context, "\(domains[domain].name) has \(count) tokens, the context is \(context)")
            let start = Int.random(in: 0..<count - context, using: &random)
            batch.append(files[domain].tokens(.training, start..<start + context + 1), domain: domain)
        }
        return batch
    }

    private func draw(using random: inout RandomNumbers) -> Int {
        var rest = Double.random(in: 0..<1, using: &random)
        for (index, domain) in domains.enumerated() {
            rest -= domain.weight
            if rest < 0 { return index }
        }
        return domains.lastIndex { $0.weight > 0 } ?? 0  // where the weights' sum was rounded down
    }
}
