import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// When a token of GShard visits its second expert (Lepikhin et al., 2020, arXiv 2006.16668, algorithm 1).
package enum SecondExpert: String, Sendable, Codable, CaseIterable {
    /// The second is drawn in proportion to the shares of all but the first.
    case sampled
    /// The second best, visited with probability 2 w₂.
    case random
    /// The second best, always.
    case always
}

/// The best expert, and a second one.
struct SecondExpertSelection: Selection {
    let policy: SecondExpert

    func choose(_ scores: MatrixView, _ batch: RoutingBatch) -> Choices {
        var choices = Choices()
        var random = batch.random(for: .secondExpert)
        let two = TopKSelection(k: 2)
        for token in batch.tokens.indices {
            guard batch.isPadding?[token] != true else {
                choices.endToken()
                continue
            }
            scores.withRow(token) { scores in
                two.append(token, scores: scores, to: &choices.visits)
                if policy == .sampled { draw(scores, &random, &choices.visits) }
            }
            choices.endToken()
            if policy == .random {
                let range = choices[token]
                let margin =
                    scores[token, choices.visits[range.lowerBound].expert]
                    - scores[
                        token, choices.visits[range.lowerBound + 1].expert]
                choices.takesPlace[range.lowerBound + 1] = 2 * sigmoid(-margin) > random.uniform()
            }
        }
        return choices
    }

    /// Gumbel's noise on the scores makes the highest a sample of their softmax.
    private func draw(_ scores: Span<Float>, _ random: inout RandomNumbers, _ visits: inout [Assignment.Visit]) {
        let first = visits[visits.count - 2].expert
        var best = -Float.infinity
        for expert in scores.indices {
            let perturbed = scores[expert] - logf(-logf(random.uniform()))
            guard expert != first, perturbed > best else { continue }
            best = perturbed
            visits[visits.count - 1].expert = expert
        }
    }
}
