/// Which expert each rank has in each of its slots; each rank has as many, and an expert may be in several.
package struct ExpertSlots: Equatable, Sendable {
    /// The expert in each slot, one rank's slots after another's.
    package let experts: [Int]
    package let ranks: Int

    /// - Precondition: ranks share the slots evenly.
    package init(experts: [Int], ranks: Int) {
        precondition(ranks > 0 && experts.count % ranks == 0, "\(experts.count) slots for \(ranks) ranks")
        self.experts = experts
        self.ranks = ranks
    }

    package var perRank: Int { experts.count / ranks }
    package func rank(ofSlot slot: Int) -> Int { slot / perRank }

    /// Splits each expert's tokens evenly over its slots.
    package func shares(of loads: [Int]) -> ExpertShares {
        var slots = [[Int]](repeating: [], count: loads.count)
        for (slot, expert) in experts.enumerated() { slots[expert].append(slot) }
        return ExpertShares(
            zip(slots, loads).map { slots, load in
                var shares: [ExpertShares.Share] = []
                for (index, slot) in slots.enumerated() {
                    let tokens = load * (index + 1) / slots.count - load * index / slots.count
                    if let last = shares.last, last.rank == rank(ofSlot: slot) {
                        shares[shares.count - 1] = .init(rank: last.rank, tokens: last.tokens + tokens)
                    } else {
                        shares.append(.init(rank: rank(ofSlot: slot), tokens: tokens))
                    }
                }
                return shares
            })
    }
}
