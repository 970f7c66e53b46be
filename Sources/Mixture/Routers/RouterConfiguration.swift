/// A router and everything about it that a recipe can say.
///
/// ``standard(_:experts:topK:)`` gives each router what its paper does; what a JSON leaves out is taken from there.
package struct RouterConfiguration: Sendable, Equatable {
    /// Softmax and top-k in one order or the other.
    package enum Order: String, Sendable, Codable, CaseIterable {
        /// Weights are shares of all experts, as they are (Switch, OLMoE, Qwen2-MoE).
        case softmaxThenTopK = "softmax-then-top-k"
        /// Weights of the chosen sum to 1, which is top-k, then softmax (Mixtral, Qwen3-MoE, DeepSeek-V3).
        case renormalized
    }

    package var name: RouterName
    package var experts: Int
    /// Experts per token; of expert choice, on average.
    package var topK: Int
    package var order = Order.renormalized

    /// Visits that an expert takes, as a multiple of its even share; nil: all that come.
    package var capacityFactor: Double?
    package var dropPriority = DropPriority.position
    /// Whether the weights of a token that lost some of its visits are made to sum to 1 again.
    package var renormalizesSurvivors = false

    /// When GShard's tokens visit their second expert.
    package var secondExpert = SecondExpert.sampled

    /// Groups of experts, of which a token uses ``allowedGroups``; 1: no groups.
    package var groups = 1
    package var allowedGroups = 1
    /// What the weights are multiplied by.
    package var routedScale: Double = 1
    /// Step of the loss-free bias; 0: none.
    package var biasRate: Double = 0

    package var solver = BalancedSolver.auction

    /// Share of the steps that StableMoE's first stage takes.
    package var firstStage = 0.1
    /// Width of StableMoE's distilled router.
    package var embedding = 50
    package var distillation = 0.3

    package var hash = HashKind.random

    /// How fast expert choice's thresholds follow the batches: the share that each step keeps of the past.
    package var thresholdDecay = 0.95

    /// Half-width of the factors around 1 that the router's input, and nothing else, is multiplied by.
    package var jitter: Double = 0

    /// Coefficients of the regularizers; 0: none. Of StableMoE, ``balance`` is that of its own balance loss.
    package var balance: Double = 0
    package var balancePopulation = BalancePopulation.microBatch
    package var importance: Double = 0
    package var load: Double = 0
    package var zLoss: Double = 0

    package init(_ name: RouterName, experts: Int, topK: Int) {
        self.name = name
        self.experts = experts
        self.topK = topK
    }
}

extension RouterConfiguration: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, experts, topK, order, capacityFactor, dropPriority, renormalizesSurvivors, secondExpert, groups
        case allowedGroups, routedScale, biasRate, solver, firstStage, embedding, distillation, hash, thresholdDecay
        case jitter, balance, balancePopulation, importance, load, zLoss
    }

    /// Takes what is not said from ``standard(_:experts:topK:)``. Says nothing about whether it makes sense:
    /// see ``validated()``.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let name = try container.decode(RouterName.self, forKey: .name)
        self = .standard(
            name, experts: try container.decodeIfPresent(Int.self, forKey: .experts) ?? 8,
            topK: try container.decodeIfPresent(Int.self, forKey: .topK) ?? 2)
        func take<Value: Decodable>(_ key: CodingKeys, _ field: WritableKeyPath<Self, Value>) throws {
            if let value = try container.decodeIfPresent(Value.self, forKey: key) { self[keyPath: field] = value }
        }
        try take(.experts, \.experts)
        try take(.topK, \.topK)
        try take(.order, \.order)
        capacityFactor = try container.decodeIfPresent(Double.self, forKey: .capacityFactor)
        try take(.dropPriority, \.dropPriority)
        try take(.renormalizesSurvivors, \.renormalizesSurvivors)
        try take(.secondExpert, \.secondExpert)
        try take(.groups, \.groups)
        try take(.allowedGroups, \.allowedGroups)
        try take(.routedScale, \.routedScale)
        try take(.biasRate, \.biasRate)
        try take(.solver, \.solver)
        try take(.firstStage, \.firstStage)
        try take(.embedding, \.embedding)
        try take(.distillation, \.distillation)
        try take(.hash, \.hash)
        try take(.thresholdDecay, \.thresholdDecay)
        try take(.jitter, \.jitter)
        try take(.balance, \.balance)
        try take(.balancePopulation, \.balancePopulation)
        try take(.importance, \.importance)
        try take(.load, \.load)
        try take(.zLoss, \.zLoss)
    }
}
