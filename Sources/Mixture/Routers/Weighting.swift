#if canImport(Glibc)
    import Glibc
#endif

/// How the scores of the experts that a token visits become the weights of their outputs.
///
/// Which experts those are is decided elsewhere and is constant to the gradient; the weights are what a gate learns by.
/// Order matters: a softmax over the chosen is the softmax over all *renormalized*, and the softmax over all as it is
/// says something else. Notation: scores z, chosen set S, weights w, gradients g = ∂loss/∂w.
package struct Weighting: Sendable, Equatable, Codable {
    package enum Form: String, Codable, Sendable, CaseIterable {
        /// wᵢ = exp zᵢ / Σ_S exp zⱼ: top-k, then softmax (Mixtral, Qwen3-MoE).
        case softmaxOfChosen = "softmax-of-chosen"
        /// wᵢ = exp zᵢ / Σ exp zⱼ over all experts: softmax, then top-k (Switch, OLMoE, expert choice).
        case softmaxOfAll = "softmax-of-all"
        /// wᵢ = σ(zᵢ) (BASE, StableMoE).
        case sigmoid
        /// wᵢ = σ(zᵢ) / (Σ_S σ(zⱼ) + 10⁻²⁰) (DeepSeek-V3).
        case sigmoidShare = "sigmoid-share"
        /// wᵢ = 1 (hash, dense).
        case one
    }

    package var form: Form
    /// What the weights are multiplied by at the end (DeepSeek-V3's routed scaling factor).
    package var scale: Float

    package init(_ form: Form, scale: Float = 1) {
        self.form = form
        self.scale = scale
    }

    /// Sets the weights of some visits, which are all those of one token.
    ///
    /// - Parameter scores: that token's, of all experts.
    package func weigh(_ range: Range<Int>, of visits: inout [Assignment.Visit], scores: Span<Float>) {
        switch form {
        case .softmaxOfChosen:
            guard let first = range.first else { return }
            var highest = scores[visits[first].expert]
            for index in range where scores[visits[index].expert] > highest { highest = scores[visits[index].expert] }
            for index in range { visits[index].weight = expf(scores[visits[index].expert] - highest) }
            divide(range, of: &visits)
        case .softmaxOfAll:
            let (highest, sum) = Self.exponentials(scores)
            for index in range { visits[index].weight = scale * expf(scores[visits[index].expert] - highest) / sum }
        case .sigmoid:
            for index in range { visits[index].weight = scale * Mixture.sigmoid(scores[visits[index].expert]) }
        case .sigmoidShare:
            for index in range { visits[index].weight = Mixture.sigmoid(scores[visits[index].expert]) }
            divide(range, of: &visits, with: 1e-20)
        case .one:
            for index in range { visits[index].weight = scale }
        }
    }

    private func divide(_ range: Range<Int>, of visits: inout [Assignment.Visit], with epsilon: Float = 0) {
        var sum: Float = 0
        for index in range { sum += visits[index].weight }
        for index in range { visits[index].weight = scale * (visits[index].weight / (sum + epsilon)) }
    }

    /// The highest score, and Σ exp(z − highest).
    private static func exponentials(_ scores: Span<Float>) -> (highest: Float, sum: Float) {
        var highest = scores[0]
        for expert in scores.indices where scores[expert] > highest { highest = scores[expert] }
        var sum: Float = 0
        for expert in scores.indices { sum += expf(scores[expert] - highest) }
        return (highest, sum)
    }
}

extension Weighting {
    /// Adds ∂loss/∂scores of one token.
    ///
    /// - Parameters:
    ///   - range: the token's visits, as they were weighed.
    ///   - weightGradients: ∂loss/∂weight of every visit, as many as `visits`.
    ///   - scores: the token's, of all experts.
    ///   - gradient: likewise.
    package func addGradient(
        _ weightGradients: [Float], of range: Range<Int>, in visits: [Assignment.Visit], scores: Span<Float>,
        to gradient: inout MutableSpan<Float>
    ) {
        // Σ w g, of the weights as used: the scale is in w once and shall be in the result once.
        var mean: Float = 0
        for index in range { mean += visits[index].weight * weightGradients[index] }
        switch form {
        case .softmaxOfChosen:
            // ∂/∂zⱼ = wⱼ (gⱼ − Σ_S wᵢ gᵢ) for weights that sum to 1
            for index in range {
                let visit = visits[index]
                gradient[visit.expert] += visit.weight * (weightGradients[index] - mean / scale)
            }
        case .softmaxOfAll:
            // ∂/∂zᵢ = Σ_S gⱼ pⱼ (δᵢⱼ − pᵢ): experts that were not chosen get one, too
            let (highest, sum) = Self.exponentials(scores)
            for index in range {
                gradient[visits[index].expert] += visits[index].weight * weightGradients[index]
            }
            for expert in scores.indices { gradient[expert] -= expf(scores[expert] - highest) / sum * mean }
        case .sigmoid:
            for index in range {
                let visit = visits[index]
                gradient[visit.expert] +=
                    visit.weight * (1 - Mixture.sigmoid(scores[visit.expert])) * weightGradients[index]
            }
        case .sigmoidShare:
            // ∂/∂sⱼ = (gⱼ − Σ_S wᵢ gᵢ) / Σ_S s, and s′ = s (1 − s)
            for index in range {
                let visit = visits[index]
                gradient[visit.expert] +=
                    visit.weight * (1 - Mixture.sigmoid(scores[visit.expert])) * (weightGradients[index] - mean / scale)
            }
        case .one: break
        }
    }
}

/// 1 / (1 + e⁻ˣ).
func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }
