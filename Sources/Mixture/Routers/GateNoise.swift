import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// Noise on a gate's scores, of a deviation that is learned (Shazeer et al., 2017, arXiv 1701.06538, eq. 4):
/// score = clean + draw · (softplus(raw) + 0.01). All are `[tokens, experts]`.
final class GateNoise {
    let clean: Matrix
    let deviations: Matrix
    private let raw: Matrix
    private let draws: Matrix

    /// No deviation is below this, or the load would have no gradient.
    private static let least: Float = 0.01

    init(clean: consuming Matrix, raw: consuming Matrix, random: RandomNumbers) {
        var random = random
        var draws = Matrix(rows: clean.rows, columns: clean.columns)
        draws.withView { $0.withMutableValues { random.fillNormal(&$0, deviation: 1) } }
        var deviations = Matrix(rows: raw.rows, columns: raw.columns)
        for token in 0..<raw.rows {
            for expert in 0..<raw.columns { deviations[token, expert] = Self.deviation(raw[token, expert]) }
        }
        self.deviations = deviations
        self.clean = clean
        self.raw = raw
        self.draws = draws
    }

    /// softplus(raw) + 0.01.
    private static func deviation(_ raw: Float) -> Float { max(raw, 0) + log1pf(expf(-abs(raw))) + least }

    /// What the router goes by.
    var scores: Matrix {
        var scores = Matrix(rows: clean.rows, columns: clean.columns)
        for token in 0..<scores.rows {
            for expert in 0..<scores.columns {
                scores[token, expert] = clean[token, expert] + draws[token, expert] * deviations[token, expert]
            }
        }
        return scores
    }

    /// Takes ∂loss/∂score on to what the scores were made of.
    ///
    /// - Parameters:
    ///   - clean: ∂loss/∂clean, added to.
    ///   - deviation: ∂loss/∂deviation; ∂loss/∂raw afterwards.
    func addGradient(_ scores: MatrixView, clean: MatrixView, deviation: MatrixView) {
        for token in 0..<scores.rows {
            for expert in 0..<scores.columns {
                clean[token, expert] += scores[token, expert]
                deviation[token, expert] += scores[token, expert] * draws[token, expert]
                deviation[token, expert] *= sigmoid(raw[token, expert])
            }
        }
    }
}
