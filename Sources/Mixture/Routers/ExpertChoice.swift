import Tensors

/// Experts choose tokens: each takes those with the highest shares of the micro-batch (Zhou et al., 2022,
/// arXiv 2202.09368, eq. 1–2), so the load is even and a token has 0 to all experts.
///
/// Which tokens are taken depends on later ones; ``ThresholdRouter`` is what generates.
struct ExpertChoice: Selection {
    /// Experts per token, on average.
    let topK: Int

    /// Tokens that an expert takes: ⌈tokens · k / experts⌉.
    func capacity(tokens: Int, experts: Int) -> Int { min(tokens, (tokens * topK + experts - 1) / experts) }

    /// - Parameter shares: softmax of the scores, `[tokens, experts]`.
    func choose(_ shares: MatrixView, _ batch: RoutingBatch) -> Choices {
        let counted = batch.counted
        let capacity = capacity(tokens: counted.count, experts: shares.columns)
        var takes = [Bool](repeating: false, count: shares.rows * shares.columns)
        for expert in 0..<shares.columns {
            var ranked = RankedTokens(counted) { shares[$0, expert] }
            for token in ranked.best(capacity) { takes[token * shares.columns + expert] = true }
        }
        var choices = Choices()
        for token in 0..<shares.rows {
            let first = choices.visits.count
            for expert in 0..<shares.columns where takes[token * shares.columns + expert] {
                choices.visits.insertByRank(
                    Assignment.Visit(token: token, slot: 0, expert: expert, weight: shares[token, expert]), from: first)
            }
            choices.endToken()
        }
        return choices
    }

    /// Where each expert's cut fell: halfway between the last share it took and the first it did not.
    func thresholds(_ shares: MatrixView, _ batch: RoutingBatch) -> [Float] {
        let counted = batch.counted
        let capacity = capacity(tokens: counted.count, experts: shares.columns)
        guard capacity < counted.count else { return Array(repeating: 0, count: shares.columns) }
        return (0..<shares.columns).map { expert in
            var ranked = RankedTokens(counted) { shares[$0, expert] }
            ranked.select(capacity)
            let last = ranked.best(capacity).map { shares[$0, expert] }.min() ?? 0
            return (last + shares[ranked[capacity], expert]) / 2
        }
    }
}
