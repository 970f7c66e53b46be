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

    /// Calls of a layer whose costs are worked out, at most: as many from every part of the run.
    private static let costedCalls = 256

    /// - Parameters:
    ///   - cost: what a link and computing take; nil: nobody says.
    ///   - isCancelled: asked for every stretch.
    ///   - onProgress: told after every stretch how many are done.
    /// - Throws: `CancellationError` once `isCancelled` says yes.
    package init(
        _ loads: ExpertLoads, ranks: Int, cost: RankWay.Model?, isCancelled: () -> Bool = { false },
        onProgress: (Int) -> Void = { _ in }
    ) throws {
        self.ranks = ranks
        var spreads = RankPlacement.allCases.map { Spread($0, loads, ranks: ranks) }
        var sums = RankWay.allCases.map { RankWay.Cost(way: $0.rawValue) }
        let owners = ExpertOwners(experts: loads.experts, ranks: ranks)
        let step = (loads.stretches * loads.layers + Self.costedCalls - 1) / Self.costedCalls
        for stretch in 0..<loads.stretches {
            if isCancelled() { throw CancellationError() }
            for (layer, visits) in loads.visits(stretch).enumerated() where visits.contains(where: { $0 > 0 }) {
                for index in spreads.indices { spreads[index].add(visits, layer: layer) }
                guard let cost, (stretch * loads.layers + layer) % step == 0 else { continue }
                for (index, way) in RankWay.allCases.enumerated() {
                    sums[index].add(cost.cost(way, visits, tokens: loads.tokens, owners))
                }
            }
            onProgress(stretch + 1)
        }
        balances = spreads.map(\.balance)
        ways = cost == nil ? [] : sums.map(\.mean)
    }

    /// How one placement spreads what comes.
    private struct Spread {
        private let placement: RankPlacement
        private let ranks: Int
        private var deciders: [RankPlacement.Decider]
        private var imbalances: [Double] = []

        init(_ placement: RankPlacement, _ loads: ExpertLoads, ranks: Int) {
            self.placement = placement
            self.ranks = ranks
            deciders = (0..<loads.layers).map { _ in
                RankPlacement.Decider(placement, experts: loads.experts, ranks: ranks)
            }
        }

        mutating func add(_ visits: [Int], layer: Int) {
            imbalances.append(deciders[layer].shares(of: visits).imbalance(ranks: ranks))
        }

        var balance: Balance {
            let sorted = imbalances.sorted()
            let count = Double(max(1, sorted.count))
            return Balance(
                placement: placement.rawValue, meanImbalance: sorted.reduce(0, +) / count,
                p95Imbalance: sorted.isEmpty ? 1 : sorted[(sorted.count - 1) * 95 / 100],
                worstImbalance: sorted.last ?? 1,
                movedExperts: Double(deciders.reduce(0) { $0 + $1.moved }) / count)
        }
    }
}
