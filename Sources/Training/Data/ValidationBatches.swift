/// The validation parts cut into windows that do not overlap, so that every token but a domain's first is predicted once.
///
/// The last window of a domain is filled up with ignored targets, the last batch has fewer sequences.
package struct ValidationBatches: RandomAccessCollection, Sendable {
    private let corpus: Corpus
    private let sequences: Int
    private let context: Int
    /// Windows of each domain: all, and those that are taken, evenly spread over them.
    private let windows: [(all: Int, taken: Int)]

    fileprivate init(_ corpus: Corpus, sequences: Int, context: Int, limit: Int?) {
        precondition(sequences > 0 && context > 0, "\(sequences) sequences of \(context) tokens")
        self.corpus = corpus
        self.sequences = sequences
        self.context = context
        let counts = corpus.domains.map { (Swift.max($0.validationTokens - 1, 0) + context - 1) / context }
        let total = counts.reduce(0, +)
        windows = counts.map { count in
            guard let limit, limit < total, count > 0 else { return (count, count) }
            return (count, Swift.max(1, Int(Double(limit) * Double(count) / Double(total))))
        }
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { (windows.reduce(0) { $0 + $1.taken } + sequences - 1) / sequences }

    package subscript(position: Int) -> Batch {
        precondition(indices.contains(position), "batch \(position) of \(count)")
        var batch = Batch(context: context)
        var first = position * sequences
        for (domain, windows) in windows.enumerated() {
            while first < windows.taken, batch.sequences < sequences {
                let window = Int(Double(first) * Double(windows.all) / Double(windows.taken))
                let start = window * context
                let end = Swift.min(start + context + 1, corpus.domains[domain].validationTokens)
                batch.append(corpus.files[domain].tokens(.validation, start..<end), domain: domain)
                first += 1
            }
            first -= windows.taken
            if batch.sequences == sequences { break }
        }
        return batch
    }
}

extension Corpus {
    /// - Parameter limit: windows that are taken at most (but one of each domain), or all.
    package func validationBatches(sequences: Int, context: Int, limit: Int? = nil) -> ValidationBatches {
        ValidationBatches(self, sequences: sequences, context: context, limit: limit)
    }
}
