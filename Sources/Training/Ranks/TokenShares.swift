/// Whose tokens are whose: every rank that trains has some sequences of a batch, in the order of the ranks.
struct TokenShares: Sendable {
    /// The rows of the batch that are each rank's.
    let ranges: [Range<Int>]
    /// The sequences that are each rank's.
    let sequences: [Range<Int>]
    private let rank: Int

    init(_ batch: Batch, ranks: Int = 1, rank: Int = 0) {
        sequences = (0..<ranks).map { batch.sequences * $0 / ranks..<batch.sequences * ($0 + 1) / ranks }
        ranges = sequences.map { $0.lowerBound * batch.context..<$0.upperBound * batch.context }
        self.rank = rank
    }

    /// Rows of the whole batch.
    var tokens: Int { ranges.last!.upperBound }

    /// The rows that are this rank's.
    var own: Range<Int> { ranges[rank] }

    /// The sequences that are this rank's.
    func own(of batch: Batch) -> Batch {
        guard ranges.count > 1 else { return batch }
        return Batch(
            context: batch.context, tokens: Array(batch.tokens[own]), targets: Array(batch.targets[own]),
            domains: Array(batch.domains[sequences[rank]]))
    }

    /// The rank of every row.
    var ranks: [Int] { ranges.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element.count) } }
}
