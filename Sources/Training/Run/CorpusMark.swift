import ModelFiles

/// What tells the tokens of one corpus from those of another: a run goes on only with those it began with.
struct CorpusMark: Codable, Sendable, Equatable {
    struct Domain: Codable, Sendable, Equatable {
        let name: String
        let trainingTokens: Int
        let validationTokens: Int
        /// CRC-32C of all its tokens.
        let checksum: UInt32
    }

    let vocabulary: UInt64
    let domains: [Domain]

    init(_ corpus: Corpus) {
        vocabulary = corpus.description.digest
        domains = zip(corpus.domains, corpus.files).map { domain, file in
            Domain(
                name: domain.name, trainingTokens: domain.trainingTokens, validationTokens: domain.validationTokens,
                checksum: file.header.checksum)
        }
    }

    /// What is not as it was, in words; nil when all is.
    func change(to new: CorpusMark) -> String? {
        guard domains.map(\.name) == new.domains.map(\.name) else {
            return "the domains were \(names) and are \(new.names)"
        }
        guard vocabulary == new.vocabulary else { return "the vocabulary is another one" }
        let changed = zip(domains, new.domains).first { $0 != $1 }
        return changed.map { old, new in
            "the text of \(new.name) has changed: \(old.counts) tokens then, \(new.counts) now"
        }
    }

    private var names: String { domains.map(\.name).joined(separator: ", ") }
}

extension CorpusMark.Domain {
    fileprivate var counts: String { "\(trainingTokens) + \(validationTokens)" }
}
