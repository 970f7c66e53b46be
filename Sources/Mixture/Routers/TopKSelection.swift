import Tensors

/// The k experts that a token ranks highest; of equal ranks the lower expert.
package struct TopKSelection: Sendable, Equatable {
    package let k: Int
    /// Added to the scores' function to rank experts, and only for that (Wang et al., 2024, arXiv 2408.15664).
    package let bias: [Float]?
    package let groups: GroupLimit?
    /// What the bias is added to.
    package let function: ScoreFunction

    package init(k: Int, bias: [Float]? = nil, groups: GroupLimit? = nil, function: ScoreFunction = .softmax) {
        precondition(k >= 1, "top-\(k)")
        self.k = k
        self.bias = bias
        self.groups = groups
        self.function = function
    }

    /// Appends the visits of a token, best first; their weights are still to be set.
    func append(_ token: Int, scores: Span<Float>, to visits: inout [Assignment.Visit]) {
        precondition(k <= scores.count, "top-\(k) of \(scores.count) experts")
        let first = visits.count
        if bias == nil && groups == nil {
            for expert in scores.indices {
                insert(Assignment.Visit(token: token, slot: 0, expert: expert, weight: scores[expert]), first, &visits)
            }
        } else {
            for (expert, rank) in ranks(scores).enumerated() {
                insert(Assignment.Visit(token: token, slot: 0, expert: expert, weight: rank), first, &visits)
            }
        }
        for index in first..<visits.count { visits[index].slot = index - first }
    }

    private func ranks(_ scores: Span<Float>) -> [Float] {
        var ranks = function.probabilities(scores)
        if let bias {
            precondition(bias.count == ranks.count, "\(bias.count) biases for \(ranks.count) experts")
            for expert in ranks.indices { ranks[expert] += bias[expert] }
        }
        groups?.mask(&ranks)
        return ranks
    }

    /// Keeps the k best seen so far, best first; an equal rank goes behind.
    private func insert(_ visit: Assignment.Visit, _ first: Int, _ visits: inout [Assignment.Visit]) {
        var place = visits.count
        // A rank that is not a number compares as the lowest.
        while place > first, visit.weight > visits[place - 1].weight || visits[place - 1].weight.isNaN { place -= 1 }
        guard place - first < k else { return }
        visits.insert(visit, at: place)
        if visits.count - first > k { visits.removeLast() }
    }
}
