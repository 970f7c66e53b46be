/// How far predicted times are from measured ones.
package struct PredictionError: Sendable {
    package struct Pair: Sendable {
        package var predicted: Double
        /// Greater than 0.
        package var measured: Double
        /// By how much halves of the measurements differ, relative to them.
        package var spread: Double

        package init(predicted: Double, measured: Double, spread: Double) {
            self.predicted = predicted
            self.measured = measured
            self.spread = spread
        }

        package var error: Double { abs(predicted - measured) / measured }
        /// Whether repeated measurements differ by less than what is asked of predictions.
        package var isCertain: Bool { spread <= PredictionError.tolerance }
    }

    package let pairs: [Pair]

    package init(_ pairs: [Pair]) { self.pairs = pairs }

    /// How far from the measured time a prediction may be, relative to it.
    package static let tolerance = 0.1

    package var count: Int { pairs.count }

    /// The mean absolute percentage error; NaN without pairs.
    package var meanError: Double { pairs.map(\.error).mean }

    /// How many times as long as predicted it takes in the middle.
    package var medianRatio: Double {
        pairs.filter { $0.predicted > 0 }.map { $0.measured / $0.predicted }.sorted().quantile(0.5)
    }

    package var withinTolerance: Int { pairs.count { $0.error <= Self.tolerance } }

    /// Pearson's, of the times as they are; NaN where all are equal.
    package var correlation: Double {
        let (x, y) = (pairs.map(\.predicted), pairs.map(\.measured))
        let (middle, height) = (x.mean, y.mean)
        let together = zip(x, y).reduce(0) { $0 + ($1.0 - middle) * ($1.1 - height) }
        let (own, other) = (
            x.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }, y.reduce(0) { $0 + ($1 - height) * ($1 - height) }
        )
        return pairs.count > 1 && own > 0 && other > 0 ? together / (own * other).squareRoot() : .nan
    }

    /// Those whose repeated measurements agree.
    package var certain: PredictionError { PredictionError(pairs.filter(\.isCertain)) }
}
