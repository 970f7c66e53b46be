package import Mixture
import Ranks

/// What recorded loads would be like on several ranks: how evenly placements spread them and, with a link, how long ways of
/// working together take.
package struct RankReplay: Sendable {
    /// One placement over all stretches and layers.
    package struct Balance: Encodable, Sendable {
        package let placement: String
        /// The busiest rank's visits over the mean.
        package let meanImbalance, p95Imbalance, worstImbalance: Double
        /// Experts that go to another rank, in a layer and stretch.
        package let movedExperts: Double
    }

    package let ranks: Int
    package let balances: [Balance]
    /// Of the first placement, the ways of working together; empty without a link.
    package let ways: [RankWay.Cost]

    /// - Parameters:
    ///   - cost: what a link and computing take; nil: nobody says.
    ///   - isCancelled: asked for every stretch.
    /// - Throws: `CancellationError` once it says yes.
    package init(
        _ loads: ExpertLoads, ranks: Int, cost: RankWay.Model?, isCancelled: () -> Bool = { false }
    ) throws {
        self.ranks = ranks
        balances = try RankPlacement.allCases.map { placement in
            var deciders = (0..<loads.layers).map { _ in
                RankPlacement.Decider(placement, experts: loads.experts, ranks: ranks)
            }
            var imbalances: [Double] = []
            for stretch in loads.visits {
                if isCancelled() { throw CancellationError() }
                for (layer, visits) in stretch.enumerated() where visits.contains(where: { $0 > 0 }) {
                    imbalances.append(deciders[layer].shares(of: visits).imbalance(ranks: ranks))
                }
            }
            imbalances.sort()
            return Balance(
                placement: placement.rawValue, meanImbalance: imbalances.reduce(0, +) / Double(imbalances.count),
                p95Imbalance: imbalances[(imbalances.count - 1) * 95 / 100], worstImbalance: imbalances.last ?? 1,
                movedExperts: Double(deciders.reduce(0) { $0 + $1.moved }) / Double(imbalances.count))
        }
        ways =
            try cost.map { cost in
                var sums = RankWay.allCases.map { RankWay.Cost(way: $0.rawValue) }
                let owners = ExpertOwners(experts: loads.experts, ranks: ranks)
                for stretch in loads.visits {
                    if isCancelled() { throw CancellationError() }
                    for visits in stretch where visits.contains(where: { $0 > 0 }) {
                        for (index, way) in RankWay.allCases.enumerated() {
                            sums[index].add(cost.cost(way, visits, tokens: loads.tokens, owners))
                        }
                    }
                }
                return sums.map(\.mean)
            } ?? []
    }
}
