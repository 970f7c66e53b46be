import Mixture
import Ranks
import Tensors
import Testing
import Training

/// A small model to train in one program and over ranks, with a batch whose last sequence is filled up.
struct RankSample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let recipe: Recipe
    static let vocabulary = 13

    /// Every router as its paper has it, and what else a router can be told.
    static let all: [RankSample] =
        RouterName.allCases.map { RankSample($0) } + [
            RankSample(.topK, "capacity") { router in
                router.capacityFactor = 0.75
                router.renormalizesSurvivors = true
                router.zLoss = 1e-3
            },
            RankSample(.topK, "capacity by weight, jitter") { router in
                router.capacityFactor = 1
                router.dropPriority = .probability
                router.jitter = 0.1
            },
            RankSample(.gshard, "capacity") { $0.capacityFactor = 1 },
            RankSample(.sigmoid, "groups") { router in
                (router.groups, router.allowedGroups) = (2, 1)
                router.biasRate = 0.05
            },
            RankSample(.base, "sinkhorn") { $0.solver = .sinkhorn },
        ]

    init(_ name: RouterName, _ note: String? = nil, _ change: (inout RouterConfiguration) -> Void = { _ in }) {
        testDescription = name.rawValue + (note.map { ", \($0)" } ?? "")
        var recipe = Recipe()
        recipe.data = ["unread"]
        recipe.router = .standard(name, experts: 4, topK: 2)
        change(&recipe.router)
        (recipe.layers, recipe.hidden, recipe.heads, recipe.kvHeads) = (2, 16, 4, 2)
        (recipe.experts, recipe.topK, recipe.intermediate) = (4, 2, 24)
        recipe.sharedIntermediate = name == .sigmoid ? 8 : nil
        recipe.recompute = name == .switch
        (recipe.context, recipe.batch, recipe.steps, recipe.accumulate) = (8, 3, 20, 2)
        self.recipe = recipe
    }

    func batch(step: Int, microBatch: Int = 0) -> Batch {
        var random = RandomNumbers(seed: 5, stream: UInt64(2 * step + microBatch))
        let tokens = (0..<24).map { _ in Int.random(in: 0..<Self.vocabulary, using: &random) }
        let targets = (0..<24).map { $0 < 21 ? Int.random(in: 0..<Self.vocabulary, using: &random) : Batch.ignored }
        return Batch(context: 8, tokens: tokens, targets: targets, domains: [0, 0, 0])
    }

    /// The model as it begins, or this rank's part of it.
    func model(_ communicator: Communicator? = nil, _ travel: ExpertTravel = .tokens) throws -> TrainableModel {
        let model = try TrainableModel(
            recipe.validated(), tokenCounts: Array(1...Self.vocabulary), workers: Workers(count: 1),
            ranks: communicator.map { TrainingRanks($0, travel: travel) })
        model.parameters.initialize(seed: 3)
        return model
    }

    /// What learning from the first batch finds.
    func firstStep(_ communicator: Communicator? = nil, _ travel: ExpertTravel = .tokens) throws -> FirstStep {
        let model = try model(communicator, travel)
        let batch = batch(step: 0)
        let outcome = try model.learn(
            from: batch, recipe.routingBatch(batch, step: 0, microBatch: 0), scale: 1)
        return FirstStep(model, outcome)
    }

    /// Losses of some steps, and at their end of a batch that is not learned.
    func curve(_ steps: Int, _ communicator: Communicator? = nil, _ travel: ExpertTravel = .tokens) throws -> [Double] {
        let ranks = communicator.map { TrainingRanks($0, travel: travel) }
        if let ranks, ranks.communicator.rank > 0 {
            try Learner.follow(ranks, workers: Workers(count: 1))
            return []
        }
        let learner = try Learner(
            recipe.validated(), tokenCounts: Array(1...Self.vocabulary), workers: Workers(count: 1), ranks: ranks)
        try learner.initialize()
        var losses: [Double] = []
        for step in 0..<steps {
            for microBatch in 0..<recipe.accumulate {
                losses.append(
                    try learner.learn(
                        from: batch(step: step, microBatch: microBatch), step: step, microBatch: microBatch
                    )
                    .loss)
            }
            losses.append(try learner.move(step: step))
        }
        losses += try learner.evaluate(batch(step: steps)).losses
        try ranks?.end()
        return losses
    }
}

/// Decisions and gradients of a step, in a form that leaves its thread.
struct FirstStep: Sendable {
    let assignments: [Assignment]
    let terms: [Double]
    let loss: Double
    /// Of each tensor, by name; of experts, those that are held.
    var gradients: [String: [Float]] = [:]
    var parts: [String: Range<Int>] = [:]
    var heldNumbers = 0

    init(_ model: TrainableModel, _ outcome: BatchOutcome) {
        assignments = outcome.decisions.map(\.assignment)
        terms = outcome.terms.map(\.value)
        loss = outcome.crossEntropySum
        for (index, tensor) in model.parameters.layout.tensors.enumerated() {
            gradients[tensor.name] = model.gradients[index].withValues { values in values.indices.map { values[$0] } }
            if tensor.isOfExperts { parts[tensor.name] = tensor.part }
        }
        heldNumbers = model.parameters.all.count
    }

    /// A gradient of all ranks: the parts of experts one after another, any router's own, and the sum of the rest.
    static func whole(_ name: String, of ranks: [FirstStep]) -> [Float] {
        if ranks[0].parts[name] != nil { return ranks.flatMap { $0.gradients[name]! } }
        let own = ranks.map { $0.gradients[name]! }
        if name.contains(".router.") { return own[0] }
        return own.dropFirst().reduce(own[0]) { zip($0, $1).map(+) }
    }
}

extension [Float] {
    /// The greatest difference, as a share of the greatest number.
    func difference(from other: [Float]) -> Float {
        let greatest = other.reduce(Float.leastNormalMagnitude) { Swift.max($0, abs($1)) }
        return zip(self, other).reduce(0) { Swift.max($0, abs($1.0 - $1.1)) } / greatest
    }
}
