import Tensors

/// A term of the loss that looks at how a layer's tokens were routed.
///
/// Choices are constants; what flows back goes through scores and weights.
protocol Regularizer: Sendable {
    var name: String { get }
    var coefficient: Double { get }

    func value(_ routed: RoutedBatch) -> Double

    /// Adds `scale` · ∂value/∂… to the gradients.
    func addGradient(_ routed: RoutedBatch, scale: Float, to gradients: inout ScoreGradients)
}

/// What regularizers look at: one layer, one micro-batch. Matrices are `[tokens, experts]`.
struct RoutedBatch {
    let scores: MatrixView
    let function: ScoreFunction
    /// The scores as shares that sum to 1 over the experts.
    let shares: MatrixView
    let choices: Choices
    let batch: RoutingBatch
    /// Tokens that count.
    let counted: [Int]
    /// Choices of each expert in the optimizer's step so far, this micro-batch not included.
    let earlierCounts: [Int]
    let noise: GateNoise?

    var experts: Int { scores.columns }
}

/// Where gradients are added. Matrices are `[tokens, experts]`.
struct ScoreGradients {
    let scores: MatrixView
    /// ∂loss/∂ scores before noise, and its deviation; only of a gate with noise.
    var noise: (clean: MatrixView, deviation: MatrixView)?
    /// ∂loss/∂weight of every choice.
    var weights: [Float]
}
