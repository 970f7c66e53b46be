import Mixture

/// What one step found.
struct LearnedStep {
    /// The learning rate.
    let rate: Double
    var gradientNorm = 0.0
    /// Means over the micro-batches: nats per token, and the routers' own losses.
    private(set) var crossEntropy = 0.0
    private(set) var terms: [String: Double] = [:]
    private(set) var loss = 0.0
    private(set) var tokens = 0
    /// Visits of each expert of each layer, and those that a capacity turned away.
    private(set) var loads: [[Int]] = []
    private(set) var drops = 0

    init(rate: Double) { self.rate = rate }

    mutating func add(_ outcome: BatchOutcome, share: Double) {
        crossEntropy += share * outcome.crossEntropy
        loss += share * outcome.loss
        for term in outcome.terms { terms[term.name, default: 0] += share * term.value }
        tokens += outcome.countedTokens
        let counts = outcome.decisions.map { decision in decision.assignment.visitsByExpert }
        loads = loads.isEmpty ? counts : zip(loads, counts).map { zip($0, $1).map(+) }
        drops += outcome.decisions.reduce(0) { $0 + $1.dropped.reduce(0, +) }
    }
}

extension RunState {
    mutating func note(_ learned: LearnedStep, of recipe: Recipe) {
        recentLosses.append(learned.crossEntropy)
        recentLosses.removeFirst(max(0, recentLosses.count - max(1, recipe.steps / 10)))
        loads = loads.isEmpty ? learned.loads : zip(loads, learned.loads).map { zip($0, $1).map(+) }
        drops += learned.drops
        tokens += learned.tokens
        visits += learned.loads.joined().reduce(0, +)
        allDrops += learned.drops
    }

    /// Begins to count loads anew.
    mutating func forgetLoads() {
        loads = loads.map { $0.map { _ in 0 } }
        drops = 0
    }

    /// The share of visits that a capacity turned away, since the last log entry.
    var dropRate: Double {
        let wanted = loads.joined().reduce(drops, +)
        return wanted > 0 ? Double(drops) / Double(wanted) : 0
    }

    /// The same over the whole run.
    var dropRateOverall: Double { visits + allDrops > 0 ? Double(allDrops) / Double(visits + allDrops) : 0 }

    var tokensPerSecond: Double { seconds > 0 ? Double(tokens) / seconds : 0 }

    /// Nats per token over the last tenth of the steps.
    var trainLoss: Double { recentLosses.reduce(0, +) / Double(max(recentLosses.count, 1)) }
}

extension LogEntry {
    mutating func note(_ learned: LearnedStep) {
        crossEntropy = learned.crossEntropy
        terms = learned.terms
        loss = learned.loss
        gradientNorm = learned.gradientNorm
        learningRate = learned.rate
    }
}
