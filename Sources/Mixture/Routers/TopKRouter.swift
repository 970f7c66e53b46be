package import Tensors

/// Sends every token to the k experts it ranks highest (Shazeer et al., 2017, arXiv 1701.06538).
///
/// As it stands, a Mixtral's (Jiang et al., 2024, arXiv 2401.04088): weights are the softmax over the chosen experts'
/// scores. With another ``Weighting``, a bias and groups it is Switch, GShard, OLMoE, DeepSeek-V3, or BASE without its
/// balance. Of equal ranks the lower expert wins.
package struct TopKRouter: Router {
    package let selection: TopKSelection
    package let weighting: Weighting

    package var mostVisits: Int { selection.k }

    package init(
        k: Int, weighting: Weighting = Weighting(.softmaxOfChosen), bias: [Float]? = nil, groups: GroupLimit? = nil
    ) {
        selection = TopKSelection(k: k, bias: bias, groups: groups, function: weighting.form.function)
        self.weighting = weighting
    }

    package func route(_ scores: borrowing Matrix, of tokens: ArraySlice<Int>) -> Assignment {
        var visits: [Assignment.Visit] = []
        visits.reserveCapacity(scores.rows * (selection.k + 1))
        for token in 0..<scores.rows {
            scores.withRow(token) { scores in
                let first = visits.count
                selection.append(token, scores: scores, to: &visits)
                weighting.weigh(first..<visits.count, of: &visits, scores: scores)
            }
        }
        return Assignment(visits, tokens: scores.rows, experts: scores.columns)
    }
}

extension Weighting.Form {
    /// What a bias for the selection is added to.
    package var function: ScoreFunction {
        switch self {
        case .softmaxOfChosen, .softmaxOfAll, .one: .softmax
        case .sigmoid, .sigmoidShare: .sigmoid
        }
    }
}
