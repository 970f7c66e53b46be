import Mixture
import Tensors
import Testing

/// What is particular to one router or another in training.
@Suite struct TrainingFormTests {
    @Test func `expert choice: each expert takes its best tokens, and a token may have none or all`() {
        let configuration = RouterConfiguration.standard(.expertChoice, experts: 2, topK: 1)
        // Shares of expert 0 fall from token to token, those of expert 1 rise: each takes two of four.
        let decision = RouterOfScores(configuration, [[3, 0], [2, 0], [1, 0], [0, 0]]).decide()
        #expect(decision.capacity == 2)
        #expect(decision.assignment[0].map(\.token) == [0, 1])
        #expect(decision.assignment[1].map(\.token) == [2, 3])
        let uneven = RouterOfScores(configuration, [[3, 0], [2, 0], [1, 0]]).decide()
        // ⌈3 · 1 / 2⌉ = 2 each: token 1 is taken twice, and weighs what its shares are.
        #expect(uneven.capacity == 2)
        let both = uneven.assignment.visits.filter { $0.token == 1 }
        #expect(both.map(\.expert) == [0, 1])
        #expect(abs(both.reduce(0) { $0 + $1.weight } - 1) < 1e-6)
    }

    @Test func `thresholds follow the cuts and forget old ones`() throws {
        var configuration = RouterConfiguration.standard(.expertChoice, experts: 2, topK: 1)
        configuration.thresholdDecay = 0.5
        let router = RouterOfScores(configuration, [[0, 0], [0, 0], [1.386_294_4, 0], [1.386_294_4, 0]])
        func thresholds() throws -> [Float] {
            try #require(router.router.generationForm(parameters: [:]).thresholds)
        }
        #expect(try thresholds() == [0.5, 0.5])
        router.router.record(router.decide())
        router.router.finishStep(0, of: 10, parameters: [:])
        // Shares of expert 0 are 1/2, 1/2, 4/5, 4/5: halfway is 0.65; of expert 1, 0.35.
        for (found, expected) in zip(try thresholds(), [0.65, 0.35] as [Float]) {
            #expect(abs(found - expected) < 1e-6)
        }
        let other = RouterOfScores(configuration, [[0, 0], [0, 0], [0, 0], [0, 0]])
        router.router.record(other.decide())
        router.router.finishStep(1, of: 10, parameters: [:])
        // Weights 1/4 and 1/2 of 3/4: 0.65/3 + 0.5 · 2/3 = 0.55.
        #expect(abs(try thresholds()[0] - 0.55) < 1e-6)
    }

    @Test func `GShard's second expert is a sample of the others' shares`() {
        var configuration = RouterConfiguration.standard(.gshard, experts: 3, topK: 2)
        configuration.secondExpert = .sampled
        // After expert 0, shares of 1 and 2 are as 1 to 3.
        let scores = [[Float]](repeating: [3, 0, 1.098_612_3], count: 4_000)
        let chosen = RouterOfScores(configuration, scores, seed: 11).decide().chosen
        #expect(chosen[0] == 4_000)
        #expect(abs(Double(chosen[2]) / 4_000 - 0.75) < 0.03)
    }

    @Test func `GShard's second expert by chance is visited with twice its weight as probability`() {
        var configuration = RouterConfiguration.standard(.gshard, experts: 3, topK: 2)
        configuration.secondExpert = .random
        // Weights 3/4 and 1/4: half of the tokens visit expert 1.
        let scores = [[Float]](repeating: [1.098_612_3, 0, -5], count: 4_000)
        let decision = RouterOfScores(configuration, scores, seed: 11).decide()
        #expect(abs(Double(decision.assignment[1].count) / 4_000 - 0.5) < 0.03)
        #expect(decision.dropped.isEmpty)
        #expect(decision.assignment[0].allSatisfy { abs($0.weight - 0.75) < 1e-6 })
    }

    @Test func `noise at the start makes every expert as likely as any other`() {
        let configuration = RouterConfiguration.standard(.noisyTopK, experts: 4, topK: 2)
        let router = TrainableRouter(configuration, hiddenSize: 2, vocabularySize: 4, seed: 0)
        let parameters = Dictionary(
            uniqueKeysWithValues: router.parameters.map { parameter in
                (parameter.name, LentMatrix(rows: parameter.rows, columns: parameter.columns) { 1 })
            })
        for parameter in router.parameters {
            parameters[parameter.name].map { parameter.initialize($0.view, seed: 1, stream: 0) }
        }
        let hidden = LentMatrix(rows: 2_000, columns: 2) { 1 }
        let batch = RoutingBatch(tokens: Array(repeating: 0, count: 2_000), sequenceLength: 2_000, seed: 5)
        let chosen = withExtendedLifetime((hidden, parameters)) {
            router.forward(
                hidden.view, parameters: parameters.mapValues(\.view), batch: batch, on: Workers(count: 1)
            ).chosen
        }
        #expect(chosen.allSatisfy { abs($0 - 1_000) < 100 }, "\(chosen)")
    }

    @Test func `centroids begin at right angles to each other`() {
        for (rows, columns) in [(4, 6), (6, 4)] {
            let parameter = RouterParameter(
                name: "gate", rows: rows, columns: columns, initialization: .orthogonal(gain: 0.1), decays: true)
            let matrix = LentMatrix(rows: rows, columns: columns) { 0 }
            parameter.initialize(matrix.view, seed: 3, stream: 1)
            let vectors = rows <= columns ? matrix.rows : (0..<columns).map { column in matrix.rows.map { $0[column] } }
            for (first, left) in vectors.enumerated() {
                for (second, right) in vectors.enumerated() {
                    let dot = zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
                    #expect(abs(dot - (first == second ? 0.01 : 0)) < 1e-6)
                }
            }
        }
    }

    @Test func `a balanced hash shares frequencies out, a random one ids`() {
        let frequencies = [50, 20, 20, 10, 5, 5, 0, 0, 0, 0]
        let table = HashKind.balanced.table(
            vocabulary: 10, experts: 2, frequencies: frequencies, random: RandomNumbers(seed: 1))
        let loads = (0..<2).map { expert in zip(table, frequencies).reduce(0) { $0 + ($1.0 == expert ? $1.1 : 0) } }
        #expect(loads == [55, 55])
        #expect((0..<2).map { expert in table.count { $0 == expert } }.max() ?? 0 <= 6)
        let random = HashKind.random.table(
            vocabulary: 4_000, experts: 4, frequencies: nil, random: RandomNumbers(seed: 1))
        #expect((0..<4).allSatisfy { expert in abs(random.count { $0 == expert } - 1_000) < 120 })
    }

    @Test func `two layers have two tables`() {
        let configuration = RouterConfiguration.standard(.hash, experts: 4, topK: 1)
        let tables = (1...2).map { seed in
            TrainableRouter(configuration, hiddenSize: 2, vocabularySize: 100, seed: UInt64(seed)).state["table"]
        }
        #expect(tables[0] != tables[1])
    }

    @Test func `a state of another shape is refused in words`() {
        let router = TrainableRouter(
            .standard(.hash, experts: 4, topK: 1), hiddenSize: 2, vocabularySize: 3, seed: 1)
        for state: [String: [Float]] in [
            [:], ["counts": [0, 0, 0, 0]], ["counts": [0, 0, 0, 0], "table": [0, 1]],
            ["counts": [0, 0, 0, 0], "table": [0, 1, 4]], ["counts": [0, 0, 0, 0], "table": [0, 1, .nan]],
            ["counts": [0], "table": [0, 1, 2]],
        ] {
            #expect(throws: RouterConfigurationError.self) { try router.restore(state) }
        }
    }
}
