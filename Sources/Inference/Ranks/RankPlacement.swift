import Ranks

/// A way to say which ranks compute which experts, from the loads of stretches that came before.
package enum RankPlacement: String, CaseIterable, Sendable {
    /// Neighboring experts on one rank, as a run has them.
    case consecutive
    /// The busiest experts to the idlest ranks (SmartMoE).
    case greedy
    /// The same, and one expert more on each rank: the busiest are in several places (EPLB).
    case replicated
    /// Experts are lent, from each stretch's own loads, until all ranks have the same to do (MoonEP).
    case exact

    /// Decides layer by layer, stretch by stretch.
    struct Decider {
        private let placement: RankPlacement
        private let ranks: Int
        private var owners: ExpertOwners
        private var slots: ExpertSlots?
        /// Of each expert, the newest counting most.
        private var recent: [Double]
        /// Experts that went to other ranks, or were lent.
        private(set) var moved = 0

        init(_ placement: RankPlacement, experts: Int, ranks: Int) {
            self.placement = placement
            self.ranks = ranks
            owners = ExpertOwners(experts: experts, ranks: ranks)
            recent = [Double](repeating: 0, count: experts)
        }

        /// Who computes a stretch. Only ``RankPlacement/exact`` may look at its loads.
        mutating func shares(of loads: [Int]) -> ExpertShares {
            defer { recent = zip(recent, loads).map { 0.5 * $0 + 0.5 * Double($1) } }
            let past = recent.contains { $0 > 0 } ? recent.map { Int((16 * $0).rounded()) } : nil
            switch placement {
            case .consecutive: break
            case .greedy:
                let most = (loads.count + ranks - 1) / ranks
                guard let past, let better = owners.rebalanced(for: past, slots: most) else { break }
                moved += better.moved(from: owners).count
                owners = better
            case .replicated:
                let perRank = (loads.count + ranks - 1) / ranks + 1
                guard let past else { break }
                let better = ExpertSlots.packed(past, slots: perRank * ranks, ranks: ranks)
                moved += slots.map { Self.copies(in: better, butNotIn: $0) } ?? 0
                slots = better
                return better.shares(of: loads)
            case .exact:
                let shares = owners.balanced(for: loads)
                moved += shares.shares.enumerated().reduce(0) { sum, expert in
                    sum + expert.element.count { $0.rank != owners.owners[expert.offset] }
                }
                return shares
            }
            return owners.shares(of: loads)
        }

        private static func copies(in new: ExpertSlots, butNotIn old: ExpertSlots) -> Int {
            (0..<new.ranks).reduce(0) { sum, rank in
                sum + new.experts(of: rank).subtracting(old.experts(of: rank)).count
            }
        }
    }
}

extension ExpertSlots {
    fileprivate func experts(of rank: Int) -> Set<Int> {
        Set(experts[rank * perRank..<(rank + 1) * perRank])
    }
}
