import Foundation
package import Profiling
package import Tensors

extension GateReading {
    /// Reads a gate's scores of all experts for one token.
    package init(_ scores: Span<Float>) {
        var (first, second) = (-Float.infinity, -Float.infinity)
        for expert in 0..<scores.count {
            let score = scores[expert]
            if score > first { (first, second) = (score, first) } else if score > second { second = score }
        }
        // With shares p = e^(s − max) / Σ: entropy = ln Σ − Σ p · (s − max).
        var (sum, weighted) = (0.0, 0.0)
        for expert in 0..<scores.count {
            let difference = Double(scores[expert] - first)
            let share = exp(difference)
            sum += share
            if share > 0 { weighted += share * difference }
        }
        let runnerUp = scores.count > 1 ? exp(Double(second - first)) : 0
        self.init(
            confidence: Float(1 / sum), margin: Float((1 - runnerUp) / sum), entropy: Float(log(sum) - weighted / sum))
    }

    /// One for each row of `[tokens, experts]`.
    package static func all(_ scores: MatrixView) -> [GateReading] {
        (0..<scores.rows).map { scores.withRow($0) { GateReading($0) } }
    }

    package static func all(_ scores: borrowing Matrix) -> [GateReading] {
        (0..<scores.rows).map { scores.withRow($0) { GateReading($0) } }
    }
}
