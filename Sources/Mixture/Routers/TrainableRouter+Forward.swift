package import Tensors

extension TrainableRouter {
    /// Routes a micro-batch: scores, choices, weights, drops, regularizers. Nothing here changes by it.
    ///
    /// - Parameters:
    ///   - hidden: what the gate sees, `[tokens, hidden]`.
    ///   - parameters: by name.
    package func forward(
        _ hidden: MatrixView, parameters: [String: MatrixView], batch: RoutingBatch, on workers: Workers
    ) -> RoutingDecision {
        precondition(hidden.rows == batch.tokens.count, "\(hidden.rows) rows for \(batch.tokens.count) tokens")
        let scores = score(hidden, parameters, batch, on: workers)
        return scores.withViews { z, shares in
            var choices = selection(parameters, batch).choose(configuration.name == .expertChoice ? shares : z, batch)
            weigh(&choices, by: z)
            let room = room(tokens: batch.counted.count)
            let dropped = drop(from: &choices, room: room, shares: shares, batch)
            var weighed = choices
            if configuration.renormalizesSurvivors {
                weighed.forgetDropped()
                weigh(&weighed, by: z)
            }
            let (assignment, rows) = weighed.assigned(experts: configuration.experts)
            var decision = RoutingDecision(
                assignment: assignment, chosen: choices.counts(experts: configuration.experts), dropped: dropped,
                capacity: room, batch: batch, choices: choices, weighed: weighed, rows: rows, earlierCounts: counts,
                cuts: expertChoice?.thresholds(shares, batch), scores: scores)
            decision.terms = terms(of: decision, z, shares, parameters)
            return decision
        }
    }

    /// The gate: scores of every expert for every token, with noise where there is some.
    private func score(
        _ hidden: MatrixView, _ parameters: [String: MatrixView], _ batch: RoutingBatch, on workers: Workers
    ) -> RoutingScores {
        guard hasGate else {
            let scores = Matrix(rows: hidden.rows, columns: configuration.experts)
            return RoutingScores(scores, noise: nil, function: function, on: workers)
        }
        return withJitter(hidden, batch, on: workers) { hidden in
            let clean = product(hidden, parameters.matrix(Self.gateName), on: workers)
            guard configuration.name == .noisyTopK else {
                return RoutingScores(clean, noise: nil, function: function, on: workers)
            }
            let raw = product(hidden, parameters.matrix(Self.noiseName), on: workers)
            let noise = GateNoise(clean: clean, raw: raw, random: batch.random(for: .noise))
            return RoutingScores(noise.scores, noise: noise, function: function, on: workers)
        }
    }

    /// [tokens, hidden] · [experts, hidden]ᵀ
    private func product(_ hidden: MatrixView, _ gate: MatrixView, on workers: Workers) -> Matrix {
        var scores = Matrix(rows: hidden.rows, columns: gate.rows)
        scores.withView { workers.multiply(hidden, transposed: false, by: gate, transposed: true, into: $0) }
        return scores
    }

    /// Lends what the router sees of the hidden states.
    func withJitter<Result>(
        _ hidden: MatrixView, _ batch: RoutingBatch, on workers: Workers, _ body: (MatrixView) -> Result
    ) -> Result {
        guard configuration.jitter > 0 else { return body(hidden) }
        var seen = Matrix(rows: hidden.rows, columns: hidden.columns)
        return seen.withView { seen in
            jitter(batch).apply(hidden, into: seen, on: workers)
            return body(seen)
        }
    }

    private func selection(_ parameters: [String: MatrixView], _ batch: RoutingBatch) -> any Selection {
        switch configuration.name {
        case .topK, .noisyTopK, .switch, .sigmoid, .dense:
            TopKSelection(
                k: configuration.topK, bias: bias?.values, groups: configuration.groupLimit, function: function)
        case .gshard: SecondExpertSelection(policy: configuration.secondExpert)
        case .expertChoice: ExpertChoice(topK: configuration.topK)
        case .base: BalancedSelection(solver: configuration.solver)
        case .hash: FixedSelection(experts: experts(of: batch.tokens, parameters))
        case .stable:
            if isInSecondStage(at: batch.step, of: batch.totalSteps) {
                FixedSelection(experts: experts(of: batch.tokens, parameters))
            } else {
                TopKSelection(k: 1)
            }
        }
    }

    /// By the table; while there is none yet, by the router that it will be made of.
    private func experts(of tokens: [Int], _ parameters: [String: MatrixView]) -> [Int] {
        if let table { return tokens.map { table[$0] } }
        let distilled = DistilledRouter(parameters)
        return tokens.map(distilled.expert)
    }

    private func weigh(_ choices: inout Choices, by scores: MatrixView) {
        let weighting = configuration.weighting
        for token in 0..<scores.rows {
            let range = choices[token]
            scores.withRow(token) { weighting.weigh(range, of: &choices.visits, scores: $0) }
        }
    }

    /// Visits that an expert has room for.
    private func room(tokens: Int) -> Int? {
        let experts = configuration.experts
        switch configuration.name {
        case .expertChoice: return expertChoice?.capacity(tokens: tokens, experts: experts)
        case .base: return configuration.solver == .sinkhorn ? nil : (tokens + experts - 1) / experts
        default:
            return configuration.capacityFactor.map {
                Capacity.visits(factor: $0, tokens: tokens, topK: configuration.topK, experts: experts)
            }
        }
    }

    private func drop(
        from choices: inout Choices, room: Int?, shares: MatrixView, _ batch: RoutingBatch
    ) -> [Int] {
        guard let room, configuration.capacityFactor != nil else { return [] }
        return Capacity(visits: room, priority: configuration.dropPriority)
            .drop(from: &choices, shares: shares, batch)
    }

    private func terms(
        of decision: RoutingDecision, _ scores: MatrixView, _ shares: MatrixView, _ parameters: [String: MatrixView]
    ) -> [LossTerm] {
        let routed = decision.routed(scores, shares, function)
        var terms = regularizers(decision.batch).map {
            LossTerm($0.name, $0.value(routed), coefficient: $0.coefficient)
        }
        if distills(decision.batch) {
            let loss = DistilledRouter(parameters).loss(decision.choices, decision.batch)
            terms.append(LossTerm("distillation", loss, coefficient: configuration.distillation))
        }
        return terms
    }
}

extension TrainableRouter {
    var hasGate: Bool { configuration.name != .hash && configuration.name != .dense }

    var function: ScoreFunction { configuration.weighting.form.function }

    private var expertChoice: ExpertChoice? {
        configuration.name == .expertChoice ? ExpertChoice(topK: configuration.topK) : nil
    }

    func jitter(_ batch: RoutingBatch) -> Jitter { Jitter(halfWidth: Float(configuration.jitter), batch: batch) }

    /// Whether StableMoE's distilled router learns.
    func distills(_ batch: RoutingBatch) -> Bool {
        configuration.name == .stable && configuration.distillation > 0
            && !isInSecondStage(at: batch.step, of: batch.totalSteps)
    }

    func regularizers(_ batch: RoutingBatch) -> [any Regularizer] {
        var regularizers: [any Regularizer] = []
        if configuration.balance > 0 {
            if configuration.name != .stable {
                regularizers.append(
                    BalanceLoss(
                        coefficient: configuration.balance, population: configuration.balancePopulation,
                        countsFirstChoices: configuration.name == .gshard))
            } else if !isInSecondStage(at: batch.step, of: batch.totalSteps) {
                regularizers.append(StableBalanceLoss(coefficient: configuration.balance))
            }
        }
        if configuration.importance > 0 { regularizers.append(ImportanceLoss(coefficient: configuration.importance)) }
        if configuration.load > 0 {
            regularizers.append(LoadLoss(coefficient: configuration.load, topK: configuration.topK))
        }
        if configuration.zLoss > 0 { regularizers.append(ZLoss(coefficient: configuration.zLoss)) }
        return regularizers
    }
}
