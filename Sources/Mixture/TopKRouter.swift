package import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// Sends every token to the k experts it scores highest (Shazeer et al., 2017, arXiv 1701.06538).
///
/// Weights are the softmax over the chosen experts' scores, as in Mixtral (Jiang et al., 2024, arXiv 2401.04088):
/// the same numbers as a softmax over all experts, renormalized. Of equal scores the lower expert wins.
package struct TopKRouter: Router {
    package let k: Int

    package init(k: Int) {
        precondition(k >= 1, "top-\(k)")
        self.k = k
    }

    package func route(_ scores: borrowing Matrix, of tokens: ArraySlice<Int>) -> Assignment {
        let experts = scores.columns
        precondition(k <= experts, "top-\(k) of \(experts) experts")
        var visits: [Assignment.Visit] = []
        visits.reserveCapacity(scores.rows * k)
        for token in 0..<scores.rows {
            scores.withRow(token) { appendVisits(of: token, scores: $0, to: &visits) }
        }
        return Assignment(visits, tokens: scores.rows, experts: experts)
    }

    private func appendVisits(of token: Int, scores: Span<Float>, to visits: inout [Assignment.Visit]) {
        let first = visits.count
        for expert in scores.indices {
            insert(
                Assignment.Visit(token: token, slot: 0, expert: expert, weight: scores[expert]), into: &visits,
                from: first)
        }
        weigh(&visits[first...])
    }

    /// Keeps the k best seen so far, best first; an equal score goes behind.
    private func insert(_ visit: Assignment.Visit, into visits: inout [Assignment.Visit], from first: Int) {
        var place = visits.count
        // A score that is not a number compares as the lowest.
        while place > first, visit.weight > visits[place - 1].weight || visits[place - 1].weight.isNaN { place -= 1 }
        guard place - first < k else { return }
        visits.insert(visit, at: place)
        if visits.count - first > k { visits.removeLast() }
    }

    /// Turns scores into weights that sum to 1, and numbers the slots.
    private func weigh(_ choices: inout ArraySlice<Assignment.Visit>) {
        let highest = choices[choices.startIndex].weight
        var sum: Float = 0
        for index in choices.indices {
            choices[index].slot = index - choices.startIndex
            choices[index].weight = expf(choices[index].weight - highest)
            sum += choices[index].weight
        }
        for index in choices.indices { choices[index].weight /= sum }
    }
}
