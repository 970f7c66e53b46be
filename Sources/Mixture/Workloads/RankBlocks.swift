/// Experts as expert parallelism places them: every rank holds a block of them, one after the other.
package struct RankBlocks: Sendable, Equatable {
    package let experts: Int
    /// There may be more of them than experts; some then hold none.
    package let ranks: Int

    package init(experts: Int, ranks: Int) {
        precondition(experts >= 1 && ranks >= 1, "\(experts) experts on \(ranks) ranks")
        self.experts = experts
        self.ranks = ranks
    }

    /// The experts of a rank.
    package subscript(rank: Int) -> Range<Int> { experts * rank / ranks..<experts * (rank + 1) / ranks }

    /// The block that holds an expert.
    func block(of expert: Int) -> Range<Int> {
        // The last rank that begins at or before it and is not empty.
        self[(ranks * (expert + 1) - 1) / experts]
    }

    /// The visits that each rank computes.
    package func loads(_ visitsByExpert: [Int]) -> [Int] {
        (0..<ranks).map { rank in visitsByExpert[self[rank]].reduce(0, +) }
    }

    /// The greatest load of a rank over the mean one; 1 where there is none.
    package func imbalance(_ visitsByExpert: [Int]) -> Double {
        let loads = loads(visitsByExpert)
        let total = loads.reduce(0, +)
        return total > 0 ? Double(loads.max()! * ranks) / Double(total) : 1
    }
}
