import Mixture
import ModelFiles
import Ranks
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
        /// Rows of all ranks, since every router decides on the whole batch; of the gradient only the rank's own count.
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
    private let layer: Int
    private let experts: TrainableExperts
    private let shared: TrainableExperts?
    private let way: any ExpertWay
    private let ranks: TrainingRanks?

    /// - Parameter held: the experts that this program, or rank, holds.
    init(
        _ architecture: Architecture, layer: Int, router: [String], _ parameters: ParameterBlock,
        _ gradients: ParameterBlock, _ planner: Planner, held: Range<Int>, _ way: any ExpertWay, _ ranks: TrainingRanks?
    ) {
        epsilon = architecture.normEpsilon
        self.layer = layer
        self.way = way
        self.ranks = ranks
        let weights = Tensors(parameters, layer: layer, router: router)
        let slopes = Tensors(gradients, layer: layer, router: router)
        experts = TrainableExperts(
            experts: held.count, weights: weights.experts, gradients: slopes.experts, layer: layer,
            planner: planner)
        shared = weights.shared.map {
            TrainableExperts(
                experts: 1, weights: $0, gradients: slopes.shared!, layer: layer, isShared: true, planner: planner)
        }
        self.weights = weights
        self.gradients = slopes
    }

    /// Normalizes the input for the router and the experts.
    ///
    /// - Parameter input: this rank's own rows.
    /// - Returns: the rows of all ranks.
    func normalize(
        _ input: MatrixView, _ shares: TokenShares, _ memory: Memory, on workers: Workers
    ) throws -> MatrixView {
        let normed = memory.normed.rows(shares.tokens)
        RMSNorm.forward(
            input, weight: weights.norm, epsilon: epsilon, into: normed.rows(shares.own), on: workers)
        try ranks?.gather(normed, shares.ranges.map { $0.count * normed.columns }, of: .layer(layer))
        return normed
    }

    /// Adds to `hidden`, in place, what the visited experts make of its normalized rows.
    func forward(
        _ hidden: MatrixView, _ assignment: Assignment, _ shares: TokenShares, _ memory: Memory, on workers: Workers
    ) throws {
        let normed = memory.normed.view
        try way.forward(visits(assignment, shares, memory, workers), normed, addingTo: hidden)
        if let shared, let memory = memory.shared {
            shared.forward(
                normed.rows(shares.own), .everyToken(count: hidden.rows), addingTo: hidden, memory, on: workers)
        }
    }

    /// Turns the gradient of the output into that of the input, in place, and adds to those of the weights.
    ///
    /// - Parameter scale: that of the router's own losses.
    func backward(
        _ gradient: MatrixView, input: MatrixView, _ decision: RoutingDecision, _ router: TrainableRouter, scale: Float,
        _ shares: TokenShares, _ memory: Memory, _ clock: PartClock, on workers: Workers
    ) throws {
        let normed = memory.normed.view
        let allGradients = memory.normedGradient.rows(shares.tokens)
        let normedGradient = allGradients.rows(shares.own)
        allGradients.fillWithZeros(on: workers)
        let weightGradients = try way.backward(
            visits(decision.assignment, shares, memory, workers), gradient, addingTo: normedGradient)
        if let shared, let memory = memory.shared {
            _ = shared.backward(
                gradient, .everyToken(count: input.rows), addingTo: normedGradient, memory, on: workers)
        }
        clock.enter(.routing)
        router.backward(
            decision, weightGradients: weightGradients, regularizerScale: scale, hidden: normed,
            parameters: weights.router, gradients: gradients.router, hiddenGradient: allGradients, on: workers)
        RMSNorm.backward(
            normedGradient, input: input, weight: weights.norm, epsilon: epsilon, into: gradient, adding: true,
            weightGradient: gradients.norm, on: workers)
    }

    private func visits(
        _ assignment: Assignment, _ shares: TokenShares, _ memory: Memory, _ workers: Workers
    ) -> ExpertVisitsOfRanks {
        ExpertVisitsOfRanks(
            experts: experts, layer: layer, assignment: assignment, shares: shares, memory: memory.experts,
            workers: workers)
    }
}
