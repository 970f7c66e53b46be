import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// What turns a token's scores into numbers between 0 and 1 that experts can be compared by.
package enum ScoreFunction: String, Sendable, Codable, CaseIterable {
    case softmax, sigmoid

    /// softmax(z), or σ(z).
    package func probabilities(_ scores: Span<Float>) -> [Float] {
        var result = [Float](repeating: 0, count: scores.count)
        switch self {
        case .sigmoid: for expert in scores.indices { result[expert] = Mixture.sigmoid(scores[expert]) }
        case .softmax:
            var span = result.mutableSpan
            fillShares(scores, &span)
        }
        return result
    }
}

/// Shares sum to 1 over the experts; the balance loss and its kin look at them.
extension ScoreFunction {
    private static let rowsPerTile = 64

    /// q = softmax(z), or qᵢ = σ(zᵢ) / Σ σ(zⱼ) (DeepSeek-V3, eq. 19). Both are `[tokens, experts]`.
    func fillShares(_ scores: MatrixView, into shares: MatrixView, on workers: Workers) {
        let tiles = (scores.rows + Self.rowsPerTile - 1) / Self.rowsPerTile
        workers.forEach(tiles) { tile in
            for row in tile * Self.rowsPerTile..<min((tile + 1) * Self.rowsPerTile, scores.rows) {
                scores.withRow(row) { scores in
                    shares.rows(row..<row + 1).withMutableValues { fillShares(scores, &$0) }
                }
            }
        }
    }

    private func fillShares(_ scores: Span<Float>, _ shares: inout MutableSpan<Float>) {
        var highest = scores[0]
        for expert in scores.indices where scores[expert] > highest { highest = scores[expert] }
        var sum: Float = 0
        for expert in scores.indices {
            shares[expert] = self == .softmax ? expf(scores[expert] - highest) : Mixture.sigmoid(scores[expert])
            sum += shares[expert]
        }
        for expert in scores.indices { shares[expert] /= sum }
    }

    /// Adds ∂loss/∂scores of one token to `gradient`, given gᵢ = ∂loss/∂sharesᵢ.
    ///
    /// ∂/∂zᵢ = qᵢ (gᵢ − Σ gⱼ qⱼ), times 1 − σ(zᵢ) for the sigmoid: every expert's score gets one, chosen or not.
    func addShareGradient(
        _ shareGradient: [Float], scale: Float = 1, shares: Span<Float>, scores: Span<Float>,
        to gradient: inout MutableSpan<Float>
    ) {
        var mean: Float = 0
        for expert in shares.indices { mean += shareGradient[expert] * shares[expert] }
        for expert in shares.indices {
            let slope = self == .softmax ? 1 : 1 - Mixture.sigmoid(scores[expert])
            gradient[expert] += scale * shares[expert] * slope * (shareGradient[expert] - mean)
        }
    }
}
