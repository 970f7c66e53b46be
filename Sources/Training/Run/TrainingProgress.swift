/// How far a run has come, for the person who waits.
package struct TrainingProgress: Sendable {
    package private(set) var step: Int
    package let steps: Int
    /// Nats per token, the last steps counting most.
    package private(set) var loss: Double?
    package private(set) var tokensPerSecond = 0.0
    /// The greatest load of an expert over the mean in the last step, of the layer where it is greatest.
    package private(set) var maxOverMean = 0.0
    /// Visits of each expert of each layer in the last step.
    package private(set) var loads: [[Int]] = []
    package private(set) var secondsLeft = 0.0
    private let firstStep: Int
    private var tokens = 0

    init(step: Int, steps: Int) {
        self.step = step
        self.steps = steps
        firstStep = step
    }

    mutating func note(_ learned: LearnedStep, step: Int, seconds: Double) {
        self.step = step
        loss = loss.map { 0.95 * $0 + 0.05 * learned.crossEntropy } ?? learned.crossEntropy
        tokens += learned.tokens
        tokensPerSecond = Double(tokens) / max(seconds, 1e-9)
        secondsLeft = seconds / Double(step - firstStep) * Double(steps - step)
        loads = learned.loads
        maxOverMean =
            learned.loads.map { load in
                Double(load.max() ?? 0) * Double(load.count) / Double(max(load.reduce(0, +), 1))
            }.max() ?? 0
    }
}
