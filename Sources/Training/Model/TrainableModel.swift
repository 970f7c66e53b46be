package import Mixture
package import ModelFiles
import Profiling
import Ranks
package import Tensors

/// A decoder that learns: the model that `LanguageModel` runs, with the gradient of every weight.
package final class TrainableModel {
    package let architecture: Architecture
    package let parameters: ParameterBlock
    package let gradients: ParameterBlock
    /// One for each layer.
    package let routers: [TrainableRouter]
    /// Where the time went.
    package let clock: PartClock
    /// How its experts are spread over threads.
    package let planner: Planner
    /// The ranks that have the rest of the experts and of every batch; nil: there is but this program.
    let ranks: TrainingRanks?

    private let workers: Workers
    private let rotary: RotaryTable
    private let attention: [AttentionBlock]
    private let mixtures: [MixtureBlock]
    private let head: OutputHead
    private let way: any ExpertWay
    private let memory: PassMemory

    /// A model whose parameters are zero.
    ///
    /// - Parameters:
    ///   - routers: one for each layer.
    ///   - recomputes: whether the backward pass computes each layer once more instead of keeping what it needs of it.
    ///   - ranks: those that train it together, of which this is one. All call the same functions with the same batches.
    package init(
        _ architecture: Architecture, routers: [TrainableRouter], recomputes: Bool = false, workers: Workers,
        strategy: StrategyChoice = .automatic, clock: PartClock = PartClock(), ranks: TrainingRanks? = nil
    ) {
        precondition(
            routers.count == architecture.layerCount, "\(routers.count) routers for \(architecture.layerCount) layers")
        let experts = architecture.expertCount
        let held = ranks.map { $0.owners(of: experts)[$0.rank] } ?? 0..<experts
        let layout = ParameterLayout(
            ParameterTensor.all(of: architecture, routers: routers.map(\.parameters), experts: held))
        let (parameters, gradients) = (ParameterBlock(layout), ParameterBlock(layout))
        self.architecture = architecture
        self.routers = routers
        self.parameters = parameters
        self.gradients = gradients
        self.workers = workers
        self.clock = clock
        self.ranks = ranks
        let planner = Planner(strategy, threads: workers.count)
        self.planner = planner
        rotary = RotaryTable(
            positions: architecture.contextLength, dimensions: architecture.rotaryDimensions,
            base: architecture.rotaryBase)
        attention = routers.indices.map { AttentionBlock(architecture, layer: $0, parameters, gradients) }
        let way =
            ranks?.way(
                experts: experts, hiddenSize: architecture.hiddenSize, width: architecture.intermediateSize)
            ?? LoneWay()
        self.way = way
        mixtures = routers.enumerated().map { layer, router in
            MixtureBlock(
                architecture, layer: layer, router: router.parameters.map(\.name), parameters, gradients, planner,
                held: held, way, ranks)
        }
        head = OutputHead(architecture, parameters, gradients)
        memory = PassMemory(architecture, recomputes: recomputes)
    }

    /// Computes the loss of a batch as it learns, and adds its gradient to ``gradients``. Of several ranks each has there the
    /// whole gradient of its experts and of the routers, and of everything else that of its own sequences.
    ///
    /// - Parameter scale: of the loss: 1 / (batches of a step).
    /// - Throws: `RankFailure` where another rank is missing.
    package func learn(from batch: Batch, _ context: RoutingBatch, scale: Float) throws -> BatchOutcome {
        var outcome = BatchOutcome()
        way.beginPass(learns: true)
        let shares = shares(of: batch)
        let own = shares.own(of: batch)
        embed(own)
        for layer in routers.indices {
            try forward(layer, own, shares) { normed in
                let decision = decide(layer, normed, context)
                outcome.decisions.append(decision)
                return decision.assignment
            }
        }
        outcome.countedTokens = batch.targets.count { $0 >= 0 }
        clock.enter(.output)
        let gradient = memory.gradient.rows(own.tokens.count)
        outcome.crossEntropySum = head.lossAndGradient(
            memory.inputs[routers.count].view, targets: own.targets,
            scale: scale / Float(max(outcome.countedTokens, 1)), into: gradient, memory.head, on: workers)
        if let ranks {
            outcome.crossEntropySum = try ranks.gathered(outcome.crossEntropySum, of: .losses).reduce(0, +)
        }
        for layer in routers.indices.reversed() {
            let decision = outcome.decisions[layer]
            if memory.recomputes { try forward(layer, own, shares) { _ in decision.assignment } }
            try backward(layer, own, shares, decision, gradient, scale: scale)
        }
        clock.enter(.output)
        Embedding.backward(gradient, tokens: own.tokens, tableGradient: gradients["token_embedding"], on: workers)
        clock.enter(.routing)
        for (router, decision) in zip(routers, outcome.decisions) { router.record(decision) }
        clock.enter(.other)
        return outcome
    }

    /// Ends a step, after the parameters have moved: routers adapt to what they counted.
    package func finishStep(_ step: Int, of steps: Int) {
        for (layer, router) in routers.enumerated() {
            router.finishStep(step, of: steps, parameters: mixtures[layer].weights.router)
        }
    }

    /// Ends the computing of a step, before the parameters move.
    package func finishGradients() throws { try way.finishStep() }

    /// Why each layer's experts were computed by several ranks as they were, where there was a choice.
    package var explanation: [LayerExplanation] { way.explanation }

    /// How each layer routes in a text that is generated.
    package var generationForms: [GenerationForm] {
        zip(routers, mixtures).map { $0.generationForm(parameters: $1.weights.router) }
    }

    /// The sum of each sequence's cross-entropy in nats, and the route of every layer, both as a text that is generated
    /// meets them.
    ///
    /// - Parameters:
    ///   - forms: how each layer routes; nil: as it would in generation.
    ///   - observer: told of each layer's routes, in the order of the layers.
    /// - Throws: `RankFailure` where another rank is missing.
    package func evaluate(
        _ batch: Batch, forms: [GenerationForm]? = nil, observer: ObservedRoutes.Observer? = nil
    ) throws -> (losses: [Double], routes: [Assignment]) {
        let forms = forms ?? generationForms
        return try evaluate(batch) { layer, normed in
            var gates: [GateReading] = []
            let assignment = forms[layer].assign(
                normed, of: batch.tokens, gate: self.mixtures[layer].weights.router["gate"], on: self.workers,
                onScores: { if observer != nil { gates = GateReading.all($0) } })
            observer?(ObservedRoutes(layer: layer, assignment: assignment, gates: gates, dropped: []))
            return assignment
        }
    }

    /// The same with the decisions that routers take while they learn; those that look ahead see the whole batch.
    package func evaluate(
        _ batch: Batch, asTraining context: RoutingBatch, observer: ObservedRoutes.Observer? = nil
    ) throws -> (losses: [Double], routes: [Assignment]) {
        try evaluate(batch) { layer, normed in
            let decision = self.decide(layer, normed, context)
            observer?(
                ObservedRoutes(layer: layer, assignment: decision.assignment, gates: [], dropped: decision.dropped))
            return decision.assignment
        }
    }

    private func evaluate(
        _ batch: Batch, route: (_ layer: Int, _ normed: MatrixView) -> Assignment
    ) throws -> (losses: [Double], routes: [Assignment]) {
        var routes: [Assignment] = []
        way.beginPass(learns: false)
        let shares = shares(of: batch)
        let own = shares.own(of: batch)
        embed(own)
        for layer in routers.indices {
            try forward(layer, own, shares) { normed in
                routes.append(route(layer, normed))
                return routes[layer]
            }
        }
        clock.enter(.output)
        let losses = head.losses(
            memory.inputs[routers.count].view, targets: own.targets, context: own.context, memory.head, on: workers)
        guard let ranks else { return (losses, routes) }
        return (try ranks.gathered(losses, counts: shares.sequences.map(\.count), of: .losses), routes)
    }

    private func shares(of batch: Batch) -> TokenShares {
        ranks.map { TokenShares(batch, ranks: $0.count, rank: $0.rank) } ?? TokenShares(batch)
    }

    private func embed(_ batch: Batch) {
        clock.enter(.output)
        Embedding.forward(
            parameters["token_embedding"], tokens: batch.tokens, into: memory.inputs[0].rows(batch.tokens.count),
            on: workers)
    }

    private func decide(_ layer: Int, _ normed: MatrixView, _ context: RoutingBatch) -> RoutingDecision {
        var context = context
        context.seed = context.seed &+ UInt64(layer)
        return routers[layer].forward(
            normed, parameters: mixtures[layer].weights.router, batch: context, on: workers)
    }

    private func forward(
        _ layer: Int, _ batch: Batch, _ shares: TokenShares, route: (MatrixView) -> Assignment
    ) throws {
        let memory = self.memory[layer]
        let input = self.memory.inputs[layer].view
        clock.enter(.attention)
        let middle = memory.middle.rows(input.rows)
        attention[layer].forward(
            input, into: middle, memory.attention, rotary, sequenceLength: batch.context, on: workers)
        clock.enter(.routing)
        let normed = try mixtures[layer].normalize(middle, shares, memory.mixture, on: workers)
        let assignment = route(normed)
        clock.enter(.experts)
        let output = self.memory.inputs[layer + 1].rows(input.rows)
        output.copy(middle, on: workers)
        try mixtures[layer].forward(output, assignment, shares, memory.mixture, on: workers)
    }

    private func backward(
        _ layer: Int, _ batch: Batch, _ shares: TokenShares, _ decision: RoutingDecision, _ gradient: MatrixView,
        scale: Float
    ) throws {
        let memory = self.memory[layer]
        clock.enter(.experts)
        try mixtures[layer].backward(
            gradient, input: memory.middle.view, decision, routers[layer], scale: scale / Float(routers.count),
            shares, memory.mixture, clock, on: workers)
        clock.enter(.attention)
        attention[layer].backward(
            gradient, input: self.memory.inputs[layer].view, memory.attention, rotary, sequenceLength: batch.context,
            on: workers)
    }
}
