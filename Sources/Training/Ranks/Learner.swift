import Foundation
package import Mixture
import ModelFiles
import Ranks
package import Tensors

/// A model and its optimizer: of one program, or of several ranks, where all do what the first one's is told.
package final class Learner {
    package let model: TrainableModel
    package let optimizer: Optimizer
    let recipe: Recipe
    let ranks: TrainingRanks?
    let workers: Workers
    /// Where the first of several ranks puts a whole tensor together: as large as the largest, once there was one.
    let room = RowBuffer(columns: 16)
    /// Whether a rank has been told to stop.
    private(set) var isCancelled = false

    /// Blocks of numbers that a checkpoint holds.
    enum Block: Int {
        case parameters, firstMoment, secondMoment
    }

    /// How tokens find their experts where nothing is learned.
    package enum Form: Sendable {
        /// As in a text that is generated.
        case generation
        /// Each token at its best experts.
        case topK
        /// As in a micro-batch of training.
        case training(step: Int, microBatch: Int)
    }

    /// The model of one program, or of the first of several ranks, its parameters zero.
    ///
    /// - Throws: ``TrainingError`` when there is too little memory, `RankFailure` where that is so on another rank.
    package convenience init(
        _ recipe: Recipe, tokenCounts: [Int], workers: Workers, strategy: StrategyChoice = .automatic,
        ranks: TrainingRanks? = nil
    ) throws {
        try ranks?.announce(RankOrder(.begin, ModelOrder(recipe: recipe, tokenCounts: tokenCounts)))
        try self.init(recipe, tokenCounts, workers, strategy, ranks)
    }

    private init(
        _ recipe: Recipe, _ tokenCounts: [Int], _ workers: Workers, _ strategy: StrategyChoice, _ ranks: TrainingRanks?
    ) throws {
        func checkMemory() throws {
            try recipe.checkMemory(vocabularySize: tokenCounts.count, ranks: ranks?.count ?? 1)
        }
        try ranks.map { try $0.communicator.together(of: .start, checkMemory) } ?? checkMemory()
        model = try TrainableModel(
            recipe, tokenCounts: tokenCounts, workers: workers, strategy: strategy, ranks: ranks)
        optimizer = Optimizer(model.parameters.layout, recipe.optimizerOptions, workers: workers)
        self.recipe = recipe
        self.ranks = ranks
        self.workers = workers
        try ranks?.waitForAll()
    }

    /// Does what the first rank says, until it says that this is all.
    ///
    /// - Parameter isCancelled: asked at every order; once it says yes, the first rank is told to stop.
    @discardableResult
    package static func follow(
        _ ranks: TrainingRanks, workers: Workers, strategy: StrategyChoice = .automatic,
        isCancelled: () -> Bool = { false }
    ) throws -> TrainingRanks.Ending {
        var order = try ranks.nextOrder()
        if order.kind == .begin {
            let model = try order.value(ModelOrder.self)
            let learner = try Learner(model.recipe, model.tokenCounts, workers, strategy, ranks)
            order = try ranks.nextOrder()
            while order.kind != .end {
                if isCancelled() { learner.isCancelled = true }
                try learner.carryOut(order)
                order = try ranks.nextOrder()
            }
        }
        return TrainingRanks.Ending(rawValue: order.numbers.0) ?? .done
    }

    private func carryOut(_ order: RankOrder) throws {
        let (first, second) = order.numbers
        switch order.kind {
        case .initialize: try initialized()
        case .learn: _ = try learned(Batch(bytes: order.content), step: first, microBatch: second)
        case .evaluate: _ = try evaluated(Batch(bytes: order.content), Form(first, second))
        case .move: _ = try moved(step: first)
        case .check: _ = try checked(withGradients: first == 1)
        case .give: try gather(Block(rawValue: first)!, second, into: nil)
        case .take: try spread(Block(rawValue: first)!, second, from: nil)
        case .restore: try restore(order.value(StateOrder.self))
        case .report: _ = try shared()
        case .begin, .end: preconditionFailure("\(order.kind) in the middle")
        }
    }
}

extension Learner {
    /// Sets the parameters to the numbers they begin with.
    package func initialize() throws {
        try ranks?.announce(RankOrder(.initialize))
        try initialized()
    }

    private func initialized() throws {
        model.parameters.initialize(seed: recipe.seed)
        try ranks?.waitForAll()
    }

    /// Learns from a micro-batch; the first of a step forgets the gradients of the last.
    package func learn(from batch: Batch, step: Int, microBatch: Int) throws -> BatchOutcome {
        try ranks?.announce(RankOrder(.learn, step, microBatch, content: batch.bytes))
        return try learned(batch, step: step, microBatch: microBatch)
    }

    private func learned(_ batch: Batch, step: Int, microBatch: Int) throws -> BatchOutcome {
        if microBatch == 0 { model.gradients.all.fillWithZeros(on: workers) }
        return try model.learn(
            from: batch, recipe.routingBatch(batch, step: step, microBatch: microBatch),
            scale: 1 / Float(recipe.accumulate))
    }

    /// Ends a step: the parameters move, then routers adapt.
    ///
    /// - Returns: the length of all gradients; where it is not finite, nothing has moved.
    package func move(step: Int) throws -> Double {
        try ranks?.announce(RankOrder(.move, step))
        return try moved(step: step)
    }

    private func moved(step: Int) throws -> Double {
        model.clock.enter(.optimizer)
        let frozen = model.frozenTensors(at: step, of: recipe.steps)
        optimizer.freeze(frozen, model.gradients)
        let norm = try ranks.map(addedUp) ?? model.gradients.all.sumOfSquares(on: workers).squareRoot()
        optimizer.move(
            model.parameters, model.gradients, frozen: frozen, rate: recipe.rates.rate(at: step), norm: norm)
        if norm.isFinite { model.finishStep(step, of: recipe.steps) }
        model.clock.enter(.other)
        return norm
    }

    /// Makes gradients whole that every rank has a term of.
    ///
    /// - Returns: the length of all gradients, the same on every rank.
    private func addedUp(_ ranks: TrainingRanks) throws -> Double {
        try model.finishGradients()
        let layout = model.gradients.layout
        for run in layout.runsOfOthers {
            try ranks.addUpEverywhere(
                model.gradients.all.part(at: run.lowerBound, rows: 1, columns: run.count), of: .gradients)
        }
        func squares(_ isIncluded: (ParameterTensor) -> Bool) -> Double {
            layout.tensors.indices.filter { isIncluded(layout.tensors[$0]) }.reduce(0) {
                $0 + model.gradients[$1].sumOfSquares(on: workers)
            }
        }
        let own = StepSigns(squaresOfExperts: squares(\.isOfExperts), isCancelled: isCancelled)
        let all = try ranks.gathered(own, of: .gradients)
        if all.contains(where: \.isCancelled) { isCancelled = true }
        return all.reduce(squares { !$0.isOfExperts }) { $0 + $1.squaresOfExperts }.squareRoot()
    }

    /// The sum of each sequence's cross-entropy in nats, and the route of every layer.
    package func evaluate(_ batch: Batch, _ form: Form = .generation) throws -> (losses: [Double], routes: [Assignment])
    {
        try ranks?.announce(RankOrder(.evaluate, form.numbers.0, form.numbers.1, content: batch.bytes))
        return try evaluated(batch, form)
    }

    private func evaluated(_ batch: Batch, _ form: Form) throws -> (losses: [Double], routes: [Assignment]) {
        switch form {
        case .generation: try model.evaluate(batch)
        case .topK: try model.evaluate(batch, forms: model.topKForms)
        case .training(let step, let microBatch):
            try model.evaluate(batch, asTraining: recipe.routingBatch(batch, step: step, microBatch: microBatch))
        }
    }

    /// Where a number is not finite: in the weights, else, if so wished, in the gradients.
    func firstNotFinite(withGradients: Bool) throws -> String? {
        try ranks?.announce(RankOrder(.check, withGradients ? 1 : 0))
        return try checked(withGradients: withGradients)
    }

    private func checked(withGradients: Bool) throws -> String? {
        let tensors = model.parameters.layout.tensors
        var place = model.parameters.firstNotFinite(workers) ?? .max
        if place == .max, withGradients {
            place = model.gradients.firstNotFinite(workers).map { $0 + tensors.count } ?? .max
        }
        if let ranks { place = try ranks.gathered(place, of: .losses).min() ?? .max }
        guard place < .max else { return nil }
        return place < tensors.count
            ? "the tensor \(tensors[place].name)" : "the gradient of \(tensors[place - tensors.count].name)"
    }

    /// What each rank had and did; nil where there is but one program.
    func shares() throws -> [RankShare]? {
        try ranks?.announce(RankOrder(.report))
        return try shared()
    }

    private func shared() throws -> [RankShare]? {
        guard let ranks else { return nil }
        let experts = model.architecture.expertCount
        return try ranks.gathered(
            RankShare(
                rank: ranks.rank, experts: ranks.owners(of: experts)[ranks.rank].count, allExperts: experts,
                parameters: model.parameters.layout.tensors.reduce(0) { $0 + $1.count },
                peakMemoryBytes: ProcessMemory().peak, threads: workers.count,
                exchangeSeconds: ranks.exchangeSeconds, bytesReceived: ranks.bytesReceived), of: .end)
    }
}

/// What ranks tell each other at the end of a step.
private struct StepSigns: BitwiseCopyable {
    let squaresOfExperts: Double
    let isCancelled: Bool
}

extension Learner.Form {
    fileprivate init(_ first: Int, _ second: Int) {
        self =
            switch first {
            case -2: .generation
            case -1: .topK
            default: .training(step: first, microBatch: second)
            }
    }

    fileprivate var numbers: (Int, Int) {
        switch self {
        case .generation: (-2, 0)
        case .topK: (-1, 0)
        case .training(let step, let microBatch): (step, microBatch)
        }
    }
}
