import Tensors

/// StableMoE's balance loss: Σᵢ (nᵢ − n̄)/n̄ · Σ σ(zₜᵢ) over the tokens of expert i, divided by the tokens
/// (Dai et al., 2022, arXiv 2204.08396, eq. 7). Even load gives 0; scores at crowded experts are pressed down.
struct StableBalanceLoss: Regularizer {
    let name = "stable-balance"
    let coefficient: Double

    func value(_ routed: RoutedBatch) -> Double {
        let excess = excess(routed)
        var sum = 0.0
        for visit in routed.choices.visits {
            sum += Double(excess[visit.expert] * sigmoid(routed.scores[visit.token, visit.expert]))
        }
        return sum / Double(max(routed.counted.count, 1))
    }

    func addGradient(_ routed: RoutedBatch, scale: Float, to gradients: inout ScoreGradients) {
        let excess = excess(routed)
        for visit in routed.choices.visits {
            let share = sigmoid(routed.scores[visit.token, visit.expert])
            gradients.scores[visit.token, visit.expert] +=
                scale / Float(routed.counted.count) * excess[visit.expert] * share * (1 - share)
        }
    }

    private func excess(_ routed: RoutedBatch) -> [Float] {
        let counts = routed.choices.counts(experts: routed.experts)
        let mean = Float(counts.reduce(0, +)) / Float(counts.count)
        return counts.map { mean > 0 ? (Float($0) - mean) / mean : 0 }
    }
}
