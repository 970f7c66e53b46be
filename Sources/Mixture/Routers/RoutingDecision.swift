import Tensors

/// What a router decided for a micro-batch in training, and what its gradient will need.
package struct RoutingDecision {
    /// The visits that take place.
    package let assignment: Assignment
    /// How often each expert was chosen, before anything was dropped.
    package let chosen: [Int]
    /// Visits that found no room: of first choices, of second choices, and so on.
    package let dropped: [Int]
    /// Visits that an expert has room for; nil: as many as come. Rounding may have made it more than was asked for.
    package let capacity: Int?
    /// The regularizers, of this layer alone.
    package internal(set) var terms: [LossTerm] = []

    let batch: RoutingBatch
    let choices: Choices
    /// The choices that weights were reckoned over: all of them, or the survivors.
    let weighed: Choices
    /// Of each of those, its row in the assignment, or −1.
    let rows: [Int]
    /// Choices of each expert in the step before this micro-batch.
    let earlierCounts: [Int]
    /// Where the cuts of expert choice fell.
    let cuts: [Float]?
    let scores: RoutingScores

    func routed(_ scores: MatrixView, _ shares: MatrixView, _ function: ScoreFunction) -> RoutedBatch {
        RoutedBatch(
            scores: scores, function: function, shares: shares, choices: choices, batch: batch, counted: batch.counted,
            earlierCounts: earlierCounts, noise: self.scores.noise)
    }
}

/// The scores that a decision went by, `[tokens, experts]`.
final class RoutingScores {
    private var scores: Matrix
    /// The same as shares that sum to 1 over the experts.
    private var shares: Matrix
    let noise: GateNoise?

    init(_ scores: consuming Matrix, noise: GateNoise?, function: ScoreFunction, on workers: Workers) {
        self.scores = scores
        self.noise = noise
        shares = Matrix(rows: self.scores.rows, columns: self.scores.columns)
        withViews { scores, shares in function.fillShares(scores, into: shares, on: workers) }
    }

    /// Lends scores and shares.
    func withViews<Result>(_ body: (_ scores: MatrixView, _ shares: MatrixView) -> Result) -> Result {
        scores.withView { scores in shares.withView { body(scores, $0) } }
    }
}
