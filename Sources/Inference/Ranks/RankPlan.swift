package import Mixture
import ModelFiles
import Offload
package import Ranks

/// How layers would be computed on several ranks that are machines like this one, as predicted from what this one measured.
package struct RankPlan: Sendable {
    /// One call of a layer.
    package struct Line: Encodable, Sendable {
        /// Nil where there is no model that it would be a layer of.
        package let layer: Int?
        package let phase: PlanningPhase
        package let tokens: Int
        /// The busiest rank's visits over the mean, with neighboring experts on one rank.
        package let imbalance: Double
        /// What one rank would take that has all experts in memory.
        package let aloneSeconds: Double
        /// The fastest first.
        package let ways: [RankWay.Cost]

        package var chosen: RankWay.Cost { ways[0] }

        private enum CodingKeys: String, CodingKey { case layer, phase, tokens, imbalance, aloneSeconds, ways }
    }

    package let ranks: Int
    package let link: Link
    /// Of the experts that were measured.
    package private(set) var shapes: [String] = []
    package private(set) var constants: CostConstants?
    package private(set) var lines: [Line] = []

    /// A plan for a model's layers and the loads that a text makes of them.
    ///
    /// - Throws: `CancellationError` once `isCancelled` says yes, and what running the model throws.
    package init(
        _ model: Model, _ options: SessionOptions, tokens: [Int], ranks: Int, link: Link, measuresAgain: Bool = false,
        isCancelled: () -> Bool = { false }
    ) throws {
        (self.ranks, self.link) = (ranks, link)
        let loads = try ModelStudy.loads(model, options, tokens, isCancelled)
        let layouts = model.store.layouts
        for layout in Set(layouts).sorted(by: { PlanMemory.key($0) < PlanMemory.key($1) }) {
            let study = try PlanStudy(
                layout, tokens: tokens.count, expertsPerToken: model.architecture.visitsPerToken,
                threads: options.threads, folder: options.planFolder, measuresAgain: measuresAgain)
            for layer in layouts.indices where layouts[layer] == layout {
                for phase in [PlanningPhase.prompt, .decode] {
                    guard let assignment = loads.assignment(layer: layer, phase) else { continue }
                    add(assignment, phase, layer: layer, hiddenSize: model.architecture.hiddenSize, study)
                }
            }
        }
        lines.sort { ($0.layer!, $0.phase == .prompt ? 0 : 1) < ($1.layer!, $1.phase == .prompt ? 0 : 1) }
    }

    /// A plan for loads of experts of one shape.
    package init(_ loads: [Assignment], hiddenSize: Int, ranks: Int, link: Link, _ study: PlanStudy) {
        (self.ranks, self.link) = (ranks, link)
        for load in loads {
            add(load, load.tokens == 1 ? .decode : .prompt, layer: nil, hiddenSize: hiddenSize, study)
        }
    }

    private mutating func add(
        _ assignment: Assignment, _ phase: PlanningPhase, layer: Int?, hiddenSize: Int, _ study: PlanStudy
    ) {
        if !shapes.contains(study.shape) { shapes.append(study.shape) }
        constants = constants ?? study.constants
        let visits = (0..<assignment.experts).map { assignment[$0].count }
        let owners = ExpertOwners(experts: assignment.experts, ranks: ranks)
        let model = RankWay.Model(
            link: link, tokenBytes: 4 * hiddenSize, expertBytes: study.expertBytes,
            computing: { study.leastSeconds(visits: $0) ?? 0 })
        // Fewer tokens than ranks cannot be split between them.
        let ways = RankWay.allCases.filter { assignment.tokens >= ranks || !$0.splitsTokens }
        lines.append(
            Line(
                layer: layer, phase: phase, tokens: assignment.tokens,
                imbalance: owners.shares(of: visits).imbalance(ranks: ranks),
                aloneSeconds: model.computing(visits.filter { $0 > 0 }),
                ways: ways.map { model.cost($0, visits, tokens: assignment.tokens, owners) }.sorted {
                    $0.seconds < $1.seconds
                }))
    }
}
