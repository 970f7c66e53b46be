#if canImport(Glibc)
    import Glibc
#endif

/// How the learning rate goes up and down over the steps.
package struct LearningRateSchedule: Codable, Sendable, Equatable {
    package enum Shape: String, Codable, Sendable, CaseIterable {
        case constant
        /// Half a cosine from the peak to the end (Loshchilov and Hutter, 2017, arXiv 1608.03983).
        case cosine
        /// Warm-up, stable, decay: the peak until the last fifth of the steps, then a straight line to the end
        /// (Hu et al., 2024, arXiv 2404.06395).
        case wsd
    }

    package var shape: Shape
    package var peak: Double
    /// The rate after the last step, as a share of the peak.
    package var final: Double
    /// Steps of a straight line from zero up to the peak.
    package var warmUpSteps: Int
    package var steps: Int

    /// The share of the steps that ``Shape/wsd`` decays over.
    private static let decayShare = 0.2

    package init(shape: Shape, peak: Double, final: Double, warmUpSteps: Int, steps: Int) {
        self.shape = shape
        self.peak = peak
        self.final = final
        self.warmUpSteps = warmUpSteps
        self.steps = steps
    }

    /// The rate of a step, counted from 0.
    package func rate(at step: Int) -> Double {
        if step < warmUpSteps { return peak * Double(step + 1) / Double(warmUpSteps) }
        let share =
            switch shape {
            case .constant: 1.0
            case .cosine: (1 + cos(.pi * progress(of: step, from: warmUpSteps))) / 2
            case .wsd: 1 - progress(of: step, from: max(warmUpSteps, steps - Int(Double(steps) * Self.decayShare)))
            }
        return peak * (final + (1 - final) * share)
    }

    /// How far a step has come from `first` to the last step, 0 to 1.
    private func progress(of step: Int, from first: Int) -> Double {
        steps > first ? min(max(Double(step - first) / Double(steps - first), 0), 1) : 0
    }
}
