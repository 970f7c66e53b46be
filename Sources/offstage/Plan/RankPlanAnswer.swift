import Foundation
import Inference
import Mixture
import Ranks

/// How layers would be computed on several ranks.
struct RankPlanAnswer: Encodable, PlanText {
    let ranks: Int
    let link: String
    let shapes: [String]
    let constants: CostConstants?
    let layers: [RankPlan.Line]

    init(_ plan: RankPlan) {
        ranks = plan.ranks
        link = plan.link.description
        shapes = plan.shapes
        constants = plan.constants
        layers = plan.lines
    }

    var text: String {
        let head = [
            constants?.text, "experts " + shapes.joined(separator: ", "),
            "\(ranks) rank\(ranks == 1 ? "" : "s") like this machine, link \(link)",
        ]
        let lines = [head.compactMap(\.self).joined(separator: " · ")] + layers.map(Self.line) + sums
        return lines.joined(separator: "\n") + "\n"
    }

    /// "layer 3, 512 tokens, busiest rank 1.31 × the mean: tokens, predicted 3.10 ms (computing 2.61, exchange 1.20, 4 chunks);
    /// outputs 4.02; one rank alone 9.80"
    private static func line(_ line: RankPlan.Line) -> String {
        let chosen = line.chosen
        let cost =
            "\(chosen.way), predicted \(time(chosen.seconds)) ms (computing \(time(chosen.computingSeconds)), exchange "
            + "\(time(chosen.exchangeSeconds))\(chosen.degree > 1 ? ", \(Int(chosen.degree)) chunks" : ""))"
        let others = line.ways.dropFirst().map { "\($0.way) \(time($0.seconds))" }
        return (line.layer.map { "layer \($0), " } ?? "") + tokens(line.tokens)
            + String(format: ", busiest rank %.2f × the mean: ", line.imbalance)
            + ([cost] + others + ["one rank alone \(time(line.aloneSeconds))"]).joined(separator: "; ")
    }

    /// Of all layers of a model.
    private var sums: [String] {
        guard layers.contains(where: { ($0.layer ?? 0) > 0 }) else { return [] }
        return [PlanningPhase.prompt, .decode].compactMap { phase in
            let lines = layers.filter { $0.phase == phase }
            guard let first = lines.first else { return nil }
            func sum(_ seconds: (RankPlan.Line) -> Double) -> String { Self.time(lines.reduce(0) { $0 + seconds($1) }) }
            return
                "all layers, \(Self.tokens(first.tokens)): predicted \(sum(\.chosen.seconds)) ms; as run and score do it "
                + "\(sum { line in line.ways.first { $0.way == "outputs" }!.seconds }); one rank alone \(sum(\.aloneSeconds))"
        }
    }

    private static func time(_ seconds: Double) -> String { LayerExplanation.number(seconds) }

    private static func tokens(_ count: Int) -> String { "\(count) token\(count == 1 ? "" : "s")" }
}
