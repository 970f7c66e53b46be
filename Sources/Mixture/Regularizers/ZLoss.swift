import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// The mean of (log Σ exp z)²: keeps scores small (Zoph et al., 2022, arXiv 2202.08906, eq. 5).
struct ZLoss: Regularizer {
    let name = "z"
    let coefficient: Double

    func value(_ routed: RoutedBatch) -> Double {
        var sum = 0.0
        for token in routed.counted {
            let logSum = routed.scores.withRow(token) { Double(Self.logSumExp($0)) }
            sum += logSum * logSum
        }
        return sum / Double(max(routed.counted.count, 1))
    }

    /// ∂/∂zₜᵢ = 2/T · log Σ exp zₜ · softmax(zₜ)ᵢ.
    func addGradient(_ routed: RoutedBatch, scale: Float, to gradients: inout ScoreGradients) {
        for token in routed.counted {
            routed.scores.withRow(token) { scores in
                let logSum = Self.logSumExp(scores)
                let factor = 2 * scale / Float(routed.counted.count) * logSum
                gradients.scores.rows(token..<token + 1).withMutableValues { gradient in
                    for expert in scores.indices { gradient[expert] += factor * expf(scores[expert] - logSum) }
                }
            }
        }
    }

    private static func logSumExp(_ scores: Span<Float>) -> Float {
        var highest = scores[0]
        for expert in scores.indices where scores[expert] > highest { highest = scores[expert] }
        var sum: Float = 0
        for expert in scores.indices { sum += expf(scores[expert] - highest) }
        return highest + logf(sum)
    }
}
