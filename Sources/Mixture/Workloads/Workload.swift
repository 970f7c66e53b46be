import FoundationEssentials
import Profiling

/// Loads of a mixture layer that are made up from a seed, to try planners and kernels on: the same on every machine.
///
/// The kinds keep apart what a router's choice can do to whoever computes it, as the workloads W0 to W7 proposed for
/// Megatron-LM do (NVIDIA/Megatron-LM, pull request 7488). A step follows from kind, seed and its number alone.
package struct Workload: Sendable, Equatable {
    package enum Kind: String, CaseIterable, Codable, Sendable {
        /// All experts have the same number of visits, give or take one.
        case balanced
        /// Nearly every token visits one expert, always the same.
        case hotExpert = "hot-expert"
        /// An eighth of the experts, side by side on one rank, have four fifths of the visits.
        case hotSet = "hot-set"
        /// All experts of one rank have four fifths of the visits.
        case hotRank = "hot-rank"
        /// As many experts are as hot as in a hot set, but spread over all ranks.
        case spreadSet = "spread-set"
        /// Tokens come from sources of unequal length; they choose among all experts alike.
        case ragged
        /// Half of the experts, and with them half of the ranks, have nothing to do.
        case emptyExperts = "empty-experts"
        /// A hot set that moves on by its own size with every step.
        case rotating
        /// A text arrives every eight steps or so: one step holds all tokens, those around it few. Each text mildly prefers
        /// some experts. The first step is a burst.
        case burst
    }

    package let kind: Kind
    package let experts: Int
    /// Experts that each token visits.
    package let topK: Int
    /// Tokens of a step; of a burst, where steps differ.
    package let tokens: Int
    package let steps: Int
    package let seed: UInt64
    /// Ranks of expert parallelism; so many sources tokens come from as well.
    package let ranks: Int

    /// - Throws: ``WorkloadError`` for numbers that make no workload.
    package init(
        _ kind: Kind, experts: Int, topK: Int, tokens: Int, steps: Int, seed: UInt64 = 0, ranks: Int = 4
    ) throws {
        let most = RoutingTableBuilder.mostExperts
        for (number, what, limit) in [
            (experts, "experts", most), (topK, "experts for each token", experts), (tokens, "tokens", 1 << 20),
            (steps, "steps", 1 << 20), (ranks, "ranks", 4096),
        ] where number < 1 || number > limit {
            throw WorkloadError("A workload of \(number) \(what): it can be 1 to \(max(1, limit)).")
        }
        guard tokens * topK <= Self.mostVisits else {
            throw WorkloadError(
                "A workload of \(tokens) tokens that visit \(topK) experts each: it can be \(Self.mostVisits) visits in "
                    + "a step, so take \(Self.mostVisits / topK) tokens or fewer.")
        }
        self.kind = kind
        self.experts = experts
        self.topK = topK
        self.tokens = tokens
        self.steps = steps
        self.seed = seed
        self.ranks = ranks
    }

    private static let mostVisits = 1 << 26

    package var blocks: RankBlocks { RankBlocks(experts: experts, ranks: ranks) }

    /// The mean imbalance of ranks, over the steps that hold all tokens.
    package var rankImbalance: Double {
        let full = (0..<steps).lazy.map { step($0) }.filter { $0.tokens == tokens }
        let (sum, count) = full.reduce((0.0, 0)) { ($0.0 + blocks.imbalance($1.visitsByExpert), $0.1 + 1) }
        return count > 0 ? sum / Double(count) : 1
    }
}

/// Why numbers make no workload, in one sentence.
package struct WorkloadError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    package let description: String

    init(_ description: String) { self.description = description }

    package var errorDescription: String? { description }
}
