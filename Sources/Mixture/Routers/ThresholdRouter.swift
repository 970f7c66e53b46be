package import Tensors

/// Expert choice that can generate: a token visits every expert whose share of it is above that expert's threshold.
///
/// In training an expert takes the tokens with the highest shares of the batch (Zhou et al., 2022, arXiv 2202.09368),
/// later ones among them. The threshold is where that cut fell lately, so a token can know by itself whether it would
/// have been taken: it visits expert i if and only if pᵢ > cᵢ, and it may visit none or all.
package struct ThresholdRouter: Router {
    package let thresholds: [Float]
    package let weighting: Weighting

    package var mostVisits: Int { thresholds.count }

    package init(thresholds: [Float], weighting: Weighting = Weighting(.softmaxOfAll)) {
        self.thresholds = thresholds
        self.weighting = weighting
    }

    package func route(_ scores: borrowing Matrix, of tokens: ArraySlice<Int>) -> Assignment {
        precondition(scores.columns == thresholds.count, "\(thresholds.count) thresholds, \(scores.columns) experts")
        var visits: [Assignment.Visit] = []
        for token in 0..<scores.rows {
            scores.withRow(token) { scores in
                let first = visits.count
                let shares = ScoreFunction.softmax.probabilities(scores)
                for expert in shares.indices where shares[expert] > thresholds[expert] {
                    visits.insertByRank(
                        Assignment.Visit(token: token, slot: 0, expert: expert, weight: shares[expert]), from: first)
                }
                weighting.weigh(first..<visits.count, of: &visits, scores: scores)
            }
        }
        return Assignment(visits, tokens: scores.rows, experts: scores.columns)
    }
}

extension [Assignment.Visit] {
    /// Inserts a visit among those from `first` on, which stay ordered by weight, highest first, and numbers the slots.
    mutating func insertByRank(_ visit: Assignment.Visit, from first: Int) {
        var place = count
        while place > first, visit.weight > self[place - 1].weight { place -= 1 }
        insert(visit, at: place)
        for index in place..<count { self[index].slot = index - first }
    }
}
