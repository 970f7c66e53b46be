import ArgumentParser
import Foundation
import Inference
import Mixture
import Ranks

extension Link: ExpressibleByArgument {
    public init?(argument: String) {
        guard let link = try? Link(argument) else { return nil }
        self = link
    }
}

/// What a recorded run would be on several ranks.
struct RanksAnswer: Encodable, PlanText {
    let model: String
    let layers, experts, tokens, stretches, ranks: Int
    let shape, link: String?
    let placements: [RankReplay.Balance]
    let ways: [RankWay.Cost]
    /// The way that is fastest; nil without a link.
    let chosen: String?

    init(_ loads: ExpertLoads, _ replay: RankReplay, shape: String?, link: Link?) {
        model = loads.model
        (layers, experts, tokens) = (loads.layers, loads.experts, loads.tokens)
        stretches = loads.stretches
        ranks = replay.ranks
        self.shape = shape
        self.link = link?.description
        placements = replay.balances
        ways = replay.ways
        chosen = replay.ways.min { $0.seconds < $1.seconds }?.way
    }

    var text: String {
        let head =
            "\(model): \(layers) layers of \(experts) experts on \(ranks) ranks, \(stretches) × \(tokens) tokens; the busiest rank's visits over the mean"
        let lines = placements.map { row in
            String(
                format: "%@%.2f on average, %.2f in 95 of 100, %.2f at worst; %.1f experts move",
                Self.title(row.placement),
                row.meanImbalance, row.p95Imbalance, row.worstImbalance, row.movedExperts)
        }
        guard let link, let shape else { return ([head] + lines).joined(separator: "\n") + "\n" }
        let costs = ways.map { way in
            String(
                format: "%@%.3f ms = computing %.3f, exchange %.3f, %.1f chunks%@", Self.title(way.way),
                1e3 * way.seconds, 1e3 * way.computingSeconds, 1e3 * way.exchangeSeconds, way.degree,
                way.way == chosen ? " (fastest)" : "")
        }
        return
            ([head] + lines + ["a layer with neighboring experts on one rank, \(shape), link \(link), as predicted"]
            + costs)
            .joined(separator: "\n") + "\n"
    }

    private static func title(_ name: String) -> String {
        "  \(name):".padding(toLength: 15, withPad: " ", startingAt: 0)
    }
}
