import Mixture
import Tensors

/// A router whose scores are given: the gate is the identity.
final class RouterOfScores {
    let router: TrainableRouter
    private let hidden: LentMatrix
    private let gate: LentMatrix
    private var batch: RoutingBatch

    init(
        _ configuration: RouterConfiguration, _ scores: [[Float]], sequenceLength: Int? = nil, step: Int = 0,
        totalSteps: Int = 1, seed: UInt64 = 0
    ) {
        let experts = configuration.experts
        router = TrainableRouter(configuration, hiddenSize: experts, vocabularySize: 4, seed: 0)
        var values = scores.joined().makeIterator()
        hidden = LentMatrix(rows: scores.count, columns: experts) { values.next() ?? 0 }
        gate = LentMatrix(rows: experts, columns: experts) { 0 }
        for expert in 0..<experts { gate[expert, expert] = 1 }
        batch = RoutingBatch(
            tokens: scores.map { _ in 0 }, sequenceLength: sequenceLength ?? scores.count, step: step,
            totalSteps: totalSteps, seed: seed)
    }

    func decide() -> RoutingDecision {
        router.forward(hidden.view, parameters: ["gate": gate.view], batch: batch, on: Workers(count: 1))
    }

    /// ∂/∂scores of the regularizers alone.
    func regularizerGradient() -> [[Float]] {
        let decision = decide()
        let gradient = LentMatrix(rows: hidden.view.rows, columns: hidden.view.columns) { 0 }
        let gateGradient = LentMatrix(rows: gate.view.rows, columns: gate.view.columns) { 0 }
        withExtendedLifetime((gradient, gateGradient)) {
            router.backward(
                decision, weightGradients: decision.assignment.visits.map { _ in 0 }, regularizerScale: 1,
                hidden: hidden.view, parameters: ["gate": gate.view], gradients: ["gate": gateGradient.view],
                hiddenGradient: gradient.view, on: Workers(count: 1))
        }
        return gradient.rows
    }
}
