import Mixture
import ModelFiles
import Tensors

/// A layer's experts and the residual connection around them: x + Σ weight · expert(n) + shared(n), n = norm(x).
struct MixtureBlock {
    /// The weights, or their gradients.
    struct Tensors {
        let norm: MatrixView
        let experts: TrainableExperts.Tensors
        /// The expert that every token visits, where there is one.
        let shared: TrainableExperts.Tensors?
        /// The router's own, by the names it gives them.
        let router: [String: MatrixView]

        init(_ block: ParameterBlock, layer: Int, router names: [String]) {
            let prefix = "layers.\(layer)."
            func matrices(_ kind: String) -> TrainableExperts.Tensors? {
                guard let gate = block.tensor(prefix + kind + ".gate") else { return nil }
                return TrainableExperts.Tensors(
                    gate: gate, up: block[prefix + kind + ".up"], down: block[prefix + kind + ".down"])
            }
            norm = block[prefix + "expert_norm"]
            experts = matrices("experts")!
            shared = matrices("shared")
            router = Dictionary(uniqueKeysWithValues: names.map { ($0, block[prefix + "router." + $0]) })
        }
    }

    /// What the forward pass keeps for the backward one.
    final class Memory {
        let normed, normedGradient: RowBuffer
        let experts: TrainableExperts.Memory
        let shared: TrainableExperts.Memory?

        init(_ architecture: Architecture) {
            normed = RowBuffer(columns: architecture.hiddenSize)
            normedGradient = RowBuffer(columns: architecture.hiddenSize)
            experts = TrainableExperts.Memory(
                hiddenSize: architecture.hiddenSize, intermediateSize: architecture.intermediateSize)
            shared = architecture.sharedIntermediateSize.map {
                TrainableExperts.Memory(hiddenSize: architecture.hiddenSize, intermediateSize: $0)
            }
        }
    }

    let epsilon: Float
    let weights: Tensors
    let gradients: Tensors
    private let experts: TrainableExperts
    private let shared: TrainableExperts?

    init(
        _ architecture: Architecture, layer: Int, router: [String], _ parameters: ParameterBlock,
        _ gradients: ParameterBlock, _ planner: Planner
    ) {
        epsilon = architecture.normEpsilon
        let weights = Tensors(parameters, layer: layer, router: router)
        let slopes = Tensors(gradients, layer: layer, router: router)
        experts = TrainableExperts(
            experts: architecture.expertCount, weights: weights.experts, gradients: slopes.experts, layer: layer,
            planner: planner)
        shared = weights.shared.map {
            TrainableExperts(
                experts: 1, weights: $0, gradients: slopes.shared!, layer: layer, isShared: true, planner: planner)
        }
        self.weights = weights
        self.gradients = slopes
    }

    /// Normalizes the input for the router and the experts.
    func normalize(_ input: MatrixView, _ memory: Memory, on workers: Workers) -> MatrixView {
        let normed = memory.normed.rows(input.rows)
        RMSNorm.forward(input, weight: weights.norm, epsilon: epsilon, into: normed, on: workers)
        return normed
    }

    /// Adds to `hidden`, in place, what the visited experts make of its normalized rows.
    func forward(_ hidden: MatrixView, _ assignment: Assignment, _ memory: Memory, on workers: Workers) {
        let normed = memory.normed.view
        experts.forward(normed, assignment, addingTo: hidden, memory.experts, on: workers)
        if let shared, let memory = memory.shared {
            shared.forward(normed, .everyToken(count: normed.rows), addingTo: hidden, memory, on: workers)
        }
    }

    /// Turns the gradient of the output into that of the input, in place, and adds to those of the weights.
    ///
    /// - Parameter scale: that of the router's own losses.
    func backward(
        _ gradient: MatrixView, input: MatrixView, _ decision: RoutingDecision, _ router: TrainableRouter, scale: Float,
        _ memory: Memory, _ clock: PartClock, on workers: Workers
    ) {
        let normed = memory.normed.view
        let normedGradient = memory.normedGradient.rows(input.rows)
        normedGradient.fillWithZeros(on: workers)
        let weightGradients = experts.backward(
            gradient, decision.assignment, addingTo: normedGradient, memory.experts, on: workers)
        if let shared, let memory = memory.shared {
            _ = shared.backward(
                gradient, .everyToken(count: input.rows), addingTo: normedGradient, memory, on: workers)
        }
        clock.enter(.routing)
        router.backward(
            decision, weightGradients: weightGradients, regularizerScale: scale, hidden: normed,
            parameters: weights.router, gradients: gradients.router, hiddenGradient: normedGradient, on: workers)
        RMSNorm.backward(
            normedGradient, input: input, weight: weights.norm, epsilon: epsilon, into: gradient, adding: true,
            weightGradient: gradients.norm, on: workers)
    }
}
