import Tensors

/// Which tokens an expert's share of the visits is counted over.
package enum BalancePopulation: String, Sendable, Codable, CaseIterable {
    /// The micro-batch.
    case microBatch = "micro-batch"
    /// Each sequence by itself; the loss is their mean (DeepSeek-V3, arXiv 2412.19437, eq. 17).
    case sequence
    /// All of the optimizer's step, as far as it has come: the micro-batches before this one and this one
    /// (Qiu et al., 2025, arXiv 2501.11873).
    case globalBatch = "global-batch"
}

/// E · Σ fᵢ Pᵢ: f the share of the visits that expert i got, P its mean share of the scores. Even load gives 1.
///
/// Fedus et al., 2021, arXiv 2101.03961, eq. 4; with f of the first choices alone it is that of Lepikhin et al., 2020,
/// arXiv 2006.16668, algorithm 1. f is constant; through P every expert's score gets a gradient, chosen or not.
struct BalanceLoss: Regularizer {
    let name = "balance"
    let coefficient: Double
    let population: BalancePopulation
    /// Whether f counts first choices alone.
    let countsFirstChoices: Bool

    func value(_ routed: RoutedBatch) -> Double {
        let populations = populations(routed)
        var sum = 0.0
        for (tokens, fractions) in populations {
            var shares = [Double](repeating: 0, count: routed.experts)
            for token in tokens {
                routed.shares.withRow(token) { row in
                    for expert in row.indices { shares[expert] += Double(row[expert]) }
                }
            }
            let product = zip(shares, fractions).reduce(0) { $0 + $1.0 * Double($1.1) }
            sum += Double(routed.experts) * product / Double(tokens.count)
        }
        return populations.isEmpty ? 1 : sum / Double(populations.count)
    }

    /// ∂/∂shareₜᵢ = E fᵢ / T.
    func addGradient(_ routed: RoutedBatch, scale: Float, to gradients: inout ScoreGradients) {
        let populations = populations(routed)
        for (tokens, fractions) in populations {
            let factor = scale * Float(routed.experts) / Float(tokens.count * populations.count)
            for token in tokens {
                routed.addShareGradient(fractions, scale: factor, of: token, to: gradients.scores)
            }
        }
    }

    /// The tokens of each population in this micro-batch, and f.
    private func populations(_ routed: RoutedBatch) -> [(tokens: [Int], fractions: [Float])] {
        switch population {
        case .sequence:
            return routed.batch.countedBySequence.map { tokens in
                var counts = [Int](repeating: 0, count: routed.experts)
                for token in tokens { count(token, routed, &counts) }
                return (tokens, Self.fractions(counts))
            }
        case .microBatch, .globalBatch:
            guard !routed.counted.isEmpty else { return [] }
            var counts = [Int](repeating: 0, count: routed.experts)
            if population == .globalBatch { counts = routed.earlierCounts }
            for token in routed.counted { count(token, routed, &counts) }
            return [(routed.counted, Self.fractions(counts))]
        }
    }

    private func count(_ token: Int, _ routed: RoutedBatch, _ counts: inout [Int]) {
        for index in routed.choices[token] {
            let visit = routed.choices.visits[index]
            if visit.slot == 0 || !countsFirstChoices { counts[visit.expert] += 1 }
        }
    }

    private static func fractions(_ counts: [Int]) -> [Float] {
        let sum = counts.reduce(0, +)
        return counts.map { sum > 0 ? Float($0) / Float(sum) : 0 }
    }
}

extension RoutedBatch {
    /// Adds to a token's score gradients, given ∂loss/∂shares.
    func addShareGradient(_ gradient: [Float], scale: Float, of token: Int, to scoreGradients: MatrixView) {
        scores.withRow(token) { scores in
            shares.withRow(token) { shares in
                scoreGradients.rows(token..<token + 1).withMutableValues {
                    function.addShareGradient(gradient, scale: scale, shares: shares, scores: scores, to: &$0)
                }
            }
        }
    }
}
