/// The rank that has each expert, where each is on one rank only.
package struct ExpertOwners: Equatable, Sendable {
    /// The rank of each expert.
    package let owners: [Int]
    package let ranks: Int

    package init(owners: [Int], ranks: Int) {
        self.owners = owners
        self.ranks = ranks
    }

    /// Neighboring experts on one rank, as evenly as they can be.
    package init(experts: Int, ranks: Int) {
        self.init(
            owners: (0..<ranks).flatMap { rank in
                [Int](repeating: rank, count: experts * (rank + 1) / ranks - experts * rank / ranks)
            }, ranks: ranks)
    }

    package func shares(of loads: [Int]) -> ExpertShares {
        ExpertShares(zip(owners, loads).map { [.init(rank: $0, tokens: $1)] })
    }

    /// Experts of one rank after another's, each rank having as many.
    package var slots: ExpertSlots {
        ExpertSlots(experts: owners.indices.sorted { (owners[$0], $0) < (owners[$1], $1) }, ranks: ranks)
    }

    /// A better placement for such loads, if there is one: SmartMoE's (Zhai et al., 2023).
    ///
    /// Each expert, the busiest first, goes to the rank that has the least to do and a slot left; it stays where it is when
    /// that is one of them. It only pays to move experts where loads stay alike for a while: compare what the busiest rank
    /// is spared with what the moved experts weigh.
    ///
    /// - Parameter slots: experts that a rank takes at most.
    /// - Returns: nil where the busiest rank would have no less to do.
    package func rebalanced(for loads: [Int], slots: Int) -> ExpertOwners? {
        precondition(
            slots * ranks >= owners.count, "\(slots) slots on each of \(ranks) ranks for \(owners.count) experts")
        var new = owners
        var work = [Int](repeating: 0, count: ranks)
        var left = [Int](repeating: slots, count: ranks)
        for expert in owners.indices.sorted(by: { (-loads[$0], $0) < (-loads[$1], $1) }) {
            var lightest = owners[expert]
            for rank in 0..<ranks where left[rank] > 0 && (left[lightest] == 0 || work[rank] < work[lightest]) {
                lightest = rank
            }
            new[expert] = lightest
            work[lightest] += loads[expert]
            left[lightest] -= 1
        }
        guard let most = work.max(), let before = shares(of: loads).loads(ranks: ranks).max(), most < before else {
            return nil
        }
        return ExpertOwners(owners: new, ranks: ranks)
    }

    /// Experts that are on another rank than before.
    package func moved(from old: ExpertOwners) -> [Int] { owners.indices.filter { owners[$0] != old.owners[$0] } }
}
