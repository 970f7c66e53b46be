import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// The small router of token ids that StableMoE learns from its first stage's choices and freezes for the second
/// (Dai et al., 2022, arXiv 2204.08396, §3.1): D(t) = E[t] · vᵢ, of its own embedding and centroids.
struct DistilledRouter {
    static let embeddingName = "distilled_embedding"
    static let centroidsName = "distilled_centroids"

    /// `[vocabulary, width]`.
    let embedding: MatrixView
    /// `[experts, width]`.
    let centroids: MatrixView

    init(_ parameters: [String: MatrixView]) {
        embedding = parameters.matrix(Self.embeddingName)
        centroids = parameters.matrix(Self.centroidsName)
    }

    /// The expert of a token id; of equal scores the lower.
    func expert(of token: Int) -> Int {
        let scores = scores(of: token)
        return scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    }

    /// The expert of every token id.
    var table: [Int] { (0..<embedding.rows).map(expert) }

    private func scores(of token: Int) -> [Float] {
        embedding.withRow(token) { word in
            (0..<centroids.rows).map { expert in
                centroids.withRow(expert) { centroid in
                    var sum: Float = 0
                    for index in word.indices { sum += word[index] * centroid[index] }
                    return sum
                }
            }
        }
    }
}

/// It learns by cross-entropy to the first choices.
extension DistilledRouter {
    /// The mean of −log softmax(D)[chosen expert].
    func loss(_ choices: Choices, _ batch: RoutingBatch) -> Double {
        var sum = 0.0
        for visit in choices.visits {
            sum -= log(Double(shares(of: batch.tokens[visit.token])[visit.expert]))
        }
        return sum / Double(max(choices.visits.count, 1))
    }

    /// Adds `scale` · ∂loss/∂… : (softmax(D) − chosen) times the other factor.
    func addGradient(
        _ choices: Choices, _ batch: RoutingBatch, scale: Float, to gradients: [String: MatrixView]
    ) {
        let words = gradients.matrix(Self.embeddingName)
        let experts = gradients.matrix(Self.centroidsName)
        for visit in choices.visits {
            let token = batch.tokens[visit.token]
            var slope = shares(of: token)
            slope[visit.expert] -= 1
            for expert in slope.indices {
                let factor = scale / Float(choices.visits.count) * slope[expert]
                words.addRow(token, factor, times: centroids, row: expert)
                experts.addRow(expert, factor, times: embedding, row: token)
            }
        }
    }

    private func shares(of token: Int) -> [Float] {
        ScoreFunction.softmax.probabilities(scores(of: token).span)
    }
}

extension MatrixView {
    fileprivate func addRow(_ row: Int, _ factor: Float, times other: MatrixView, row otherRow: Int) {
        other.withRow(otherRow) { other in
            rows(row..<row + 1).withMutableValues { values in
                for index in values.indices { values[index] += factor * other[index] }
            }
        }
    }
}

extension [String: MatrixView] {
    /// The matrix of a router's parameter.
    func matrix(_ name: String) -> MatrixView {
        guard let matrix = self[name] else { preconditionFailure("no \(name) among \(keys.sorted())") }
        return matrix
    }
}
