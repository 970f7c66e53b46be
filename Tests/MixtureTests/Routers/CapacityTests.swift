import Mixture
import Testing

/// Which visits are dropped when an expert has no room.
@Suite struct CapacityTests {
    /// Routes tokens whose hidden states are the scores of two experts.
    private func decide(
        _ scores: [[Float]], _ priority: DropPriority, topK: Int = 2, factor: Double = 0.5,
        renormalizesSurvivors: Bool = false
    ) -> RoutingDecision {
        var configuration = RouterConfiguration.standard(.topK, experts: scores[0].count, topK: topK)
        if topK == 1 { configuration.order = .softmaxThenTopK }
        configuration.capacityFactor = factor
        configuration.dropPriority = priority
        configuration.renormalizesSurvivors = renormalizesSurvivors
        return RouterOfScores(configuration, scores).decide()
    }

    @Test func `by position, first choices go before second ones and earlier tokens before later`() {
        // Room for 2 each. Expert 0 is the first choice of tokens 0, 1, 2 and the second of token 3.
        let decision = decide([[2, 1], [2, 1], [2, 1], [1, 2]], .position)
        #expect(decision.capacity == 2)
        #expect(decision.assignment[0].map(\.token) == [0, 1])
        #expect(decision.assignment[1].map(\.token) == [0, 3])
        #expect(decision.dropped == [1, 3])
    }

    @Test func `by batch priority, surer tokens go first`() {
        let decision = decide([[2, 1], [5, 1], [9, 1], [1, 2]], .batchPrioritized)
        #expect(decision.assignment[0].map(\.token) == [1, 2])
        #expect(decision.assignment[1].map(\.token) == [2, 3])
    }

    @Test func `by probability, each expert keeps the visits it is surest of, whatever their rank`() {
        // Shares of expert 0: 0.5, 0.62, 0.73, 0.88. Of expert 1 the other way round.
        let decision = decide([[0, 0], [0.5, 0], [1, 0], [2, 0]], .probability)
        #expect(decision.assignment[0].map(\.token) == [2, 3])
        #expect(decision.assignment[1].map(\.token) == [0, 1])
    }

    @Test func `by lot, other seeds drop others`() {
        let kept = (0..<10).map { seed in
            var configuration = RouterConfiguration.standard(.topK, experts: 2, topK: 2)
            (configuration.capacityFactor, configuration.dropPriority) = (0.5, .random)
            let router = RouterOfScores(configuration, Array(repeating: [1, 0], count: 8), seed: UInt64(seed))
            return router.decide().assignment[0].map(\.token)
        }
        #expect(Set(kept).count > 5)
        #expect(kept.allSatisfy { $0.count == 4 })
    }

    @Test(arguments: DropPriority.allCases) func `nothing is dropped while there is room, however low the scores`(
        priority: DropPriority
    ) {
        // Ranked by raw scores in a matrix of zeros, chosen tokens with negative scores would lose to zeros.
        var state: UInt64 = 3
        let scores = (0..<256).map { _ in (0..<8).map { _ in -1 + noise(&state) } }
        let decision = decide(scores, priority, factor: 2)
        #expect(decision.chosen.allSatisfy { $0 <= 128 })
        #expect(decision.dropped.isEmpty)
        #expect(decision.assignment.visits.count == 512)
    }

    @Test func `a survivor keeps its weight, unless weights are renormalized`() {
        let scores: [[Float]] = [[0, 0], [0, 0]]
        #expect(decide(scores, .position).assignment.visits.map(\.weight) == [0.5, 0.5])
        let renormalized = decide(
            [[0, 0], [0, 0], [0, 0], [0, 0], [1, 0]], .position, renormalizesSurvivors: true)
        #expect(renormalized.assignment.visits.filter { $0.token == 0 }.map(\.weight) == [0.5, 0.5])
        #expect(renormalized.assignment.visits.allSatisfy { $0.weight == 0.5 || $0.weight == 1 })
    }

    @Test func `the room is rounded up`() {
        #expect(decide([[1, 0], [1, 0], [1, 0]], .position, topK: 1, factor: 1).capacity == 2)
    }
}
