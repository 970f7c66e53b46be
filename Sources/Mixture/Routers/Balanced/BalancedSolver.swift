package import Tensors

/// How BASE shares a batch's tokens out, so that the sum of the scores is high and every expert has its even share
/// (Lewis et al., 2021, arXiv 2103.16716, eq. 3).
package enum BalancedSolver: String, Sendable, Codable, CaseIterable {
    /// Experts bid for tokens; within half a percent of the optimum.
    case auction
    /// The optimum, slowly.
    case hungarian
    /// Experts in random order each take the best of what is left.
    case greedy
    /// Rows and columns made to sum to 1, then every token's best: nearly balanced (Clark et al., 2022, arXiv 2202.01169).
    case sinkhorn

    /// The expert of each token.
    ///
    /// - Parameters:
    ///   - scores: `[experts][tokens]`.
    ///   - random: the order of the greedy experts.
    package func solve(_ scores: [[Float]], random: RandomNumbers = RandomNumbers(seed: 0)) -> [Int] {
        let finite = Self.finite(scores)
        let shares = Self.shares(tokens: scores.first?.count ?? 0, experts: scores.count)
        return switch self {
        case .auction: Auction(scores: finite, shares: shares).solve()
        case .hungarian: HungarianAssignment(scores: finite, shares: shares).solve()
        case .greedy: GreedyAssignment(scores: finite, shares: shares).solve(random)
        case .sinkhorn: SinkhornAssignment(scores: finite).solve()
        }
    }

    /// Even shares; where they do not come out even, the lower experts have one token more.
    package static func shares(tokens: Int, experts: Int) -> [Int] {
        (0..<experts).map { tokens / experts + ($0 < tokens % experts ? 1 : 0) }
    }

    /// What is not a finite number becomes the lowest there is.
    private static func finite(_ scores: [[Float]]) -> [[Float]] {
        guard !scores.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return scores }
        let lowest = scores.joined().lazy.filter(\.isFinite).min() ?? 0
        return scores.map { $0.map { $0.isFinite ? $0 : lowest } }
    }
}

/// BASE's choice in training: tokens go where the batch as a whole is served best.
struct BalancedSelection: Selection {
    let solver: BalancedSolver

    func choose(_ scores: MatrixView, _ batch: RoutingBatch) -> Choices {
        let counted = batch.counted
        let columns = (0..<scores.columns).map { expert in counted.map { scores[$0, expert] } }
        let solution = solver.solve(columns, random: batch.random(for: .expertOrder))
        var experts = [Int](repeating: 0, count: batch.tokens.count)
        for (token, expert) in zip(counted, solution) { experts[token] = expert }
        return FixedSelection(experts: experts).choose(scores, batch)
    }
}
