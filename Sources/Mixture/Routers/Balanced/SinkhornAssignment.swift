#if canImport(Glibc)
    import Glibc
#endif

/// The best expert of each token once experts are made about equally wanted (Sinkhorn, 1964; S-BASE, arXiv 2202.01169).
///
/// exp(score) is scaled by token and by expert until tokens sum to 1/T and experts to 1/E. Near to balance, not at it.
struct SinkhornAssignment {
    /// `[experts][tokens]`, finite.
    let scores: [[Float]]

    private static let rounds = 100
    private static let tolerance = 1e-4

    func solve() -> [Int] {
        let tokens = scores.first?.count ?? 0
        guard tokens > 0 else { return [] }
        let mass = exponentials(tokens)
        var scale = [Double](repeating: 1, count: scores.count)
        for _ in 0..<Self.rounds {
            let next = rescaled(mass, scale, tokens)
            let isDone = zip(scale, next).allSatisfy { abs($0 - $1) <= Self.tolerance * $1 }
            scale = next
            if isDone { break }
        }
        return (0..<tokens).map { token in
            var best = 0
            for expert in scale.indices where mass[expert][token] * scale[expert] > mass[best][token] * scale[best] {
                best = expert
            }
            return best
        }
    }

    /// exp(score − the token's highest): without that, scores above 88 overflow f32, and above 709 f64.
    private func exponentials(_ tokens: Int) -> [[Double]] {
        let highest = (0..<tokens).map { token in scores.map { $0[token] }.max() ?? 0 }
        return scores.map { row in zip(row, highest).map { exp(Double($0 - $1)) } }
    }

    private func rescaled(_ mass: [[Double]], _ scale: [Double], _ tokens: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: scale.count)
        for token in 0..<tokens {
            var row = Double.leastNormalMagnitude
            for expert in scale.indices { row += scale[expert] * mass[expert][token] }
            for expert in scale.indices { sums[expert] += mass[expert][token] / (Double(tokens) * row) }
        }
        return sums.map { 1 / (Double(scale.count) * ($0 + .leastNormalMagnitude)) }
    }
}
