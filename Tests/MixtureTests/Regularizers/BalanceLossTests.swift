import Mixture
import Tensors
import Testing

@Suite struct BalanceLossTests {
    private func router(
        _ scores: [[Float]], _ name: RouterName = .topK, topK: Int = 1,
        population: BalancePopulation = .microBatch, sequenceLength: Int? = nil
    ) -> RouterOfScores {
        var configuration = RouterConfiguration.standard(name, experts: scores[0].count, topK: topK)
        if topK == 1 { configuration.order = .softmaxThenTopK }
        configuration.balance = 1
        configuration.biasRate = 0
        configuration.balancePopulation = population
        return RouterOfScores(configuration, scores, sequenceLength: sequenceLength)
    }

    private func balance(_ router: RouterOfScores) throws -> Double {
        try #require(router.decide().terms.first { $0.name == "balance" }).value
    }

    @Test(arguments: [(RouterName.topK, 1), (.topK, 2), (.sigmoid, 2), (.gshard, 2), (.switch, 1)])
    func `even load is 1, whatever k is`(name: RouterName, topK: Int) throws {
        // Every expert is once first and once second.
        let scores: [[Float]] = [[3, 2, 0, 0], [0, 3, 2, 0], [0, 0, 3, 2], [2, 0, 0, 3]]
        #expect(abs(try balance(router(scores, name, topK: topK)) - 1) < 1e-6)
    }

    @Test func `all tokens at one expert make E times its share`() throws {
        // Shares of 1/2, 1/4, 1/4.
        let scores = [[Float]](repeating: [0.693_147_2, 0, 0], count: 5)
        #expect(abs(try balance(router(scores)) - 1.5) < 1e-6)
    }

    @Test func `an expert that nobody chose gets gradient`() {
        let gradient = router(Array(repeating: [0.693_147_2, 0, 0], count: 5)).regularizerGradient()
        // E/T · p (f − Σ f p): 3/5 · 1/2 · (1 − 1/2) and 3/5 · 1/4 · (0 − 1/2)
        for token in gradient {
            #expect(abs(token[0] - 0.15) < 1e-6)
            #expect(abs(token[1] + 0.075) < 1e-6)
            #expect(abs(token[2] + 0.075) < 1e-6)
        }
    }

    @Test(arguments: [RouterName.topK, .switch, .gshard, .sigmoid, .noisyTopK])
    func `so it does with every router that has a balance loss`(name: RouterName) {
        var configuration = RouterConfiguration.standard(name, experts: 4, topK: 2)
        configuration.balance = 1
        let sample = RouterSample(configuration)
        for token in 0..<RouterSample.tokens { sample.hidden[token, 0] = 1 }
        sample.parameters["gate"]?[3, 0] = -5
        // Of noise alone, expert 3 would be chosen sometimes.
        for expert in 0..<4 { sample.parameters["noise"]?[expert, 0] = -20 }
        let decision = sample.decide()
        #expect(name == .gshard || decision.chosen[3] == 0)
        let gradients = sample.gradients(decision) { _, _ in 0 }
        #expect(gradients.parameters["gate"]?.rows[3].contains { abs($0) > 1e-7 } == true)
    }

    @Test func `opposite skews of two sequences cancel in the micro-batch, and not by sequence`() throws {
        let scores: [[Float]] = [[4, 0], [4, 0], [0, 4], [0, 4]]
        #expect(abs(try balance(router(scores, sequenceLength: 2)) - 1) < 1e-6)
        #expect(try balance(router(scores, population: .sequence, sequenceLength: 2)) > 1.9)
    }

    @Test func `over the global batch, what earlier micro-batches chose counts`() throws {
        let router = router([[4, 0], [4, 0], [4, 0], [0, 4]], population: .globalBatch)
        // f = 3/4, 1/4; p = 0.982014, 0.017986: P = 0.741007, 0.258993
        #expect(abs(try balance(router) - 2 * (0.75 * 0.741_007 + 0.25 * 0.258_993)) < 1e-5)
        let other = self.router([[0, 4], [0, 4], [0, 4], [4, 0]], population: .globalBatch)
        // The other way round before it: even load.
        other.router.record(router.decide())
        #expect(abs(try balance(other) - 1) < 1e-6)
        other.router.finishStep(0, of: 10, parameters: [:])
        #expect(try balance(other) > 1.2)
    }

    @Test func `GShard counts first choices alone`() throws {
        // Firsts are 2 to 0; seconds are not counted, or load would be even.
        let scores: [[Float]] = [[0.693_147_2, 0], [0.693_147_2, 0]]
        #expect(abs(try balance(router(scores, .gshard, topK: 2)) - 2 * 2.0 / 3) < 1e-6)
        #expect(abs(try balance(router(scores, .topK, topK: 2)) - 1) < 1e-6)
    }
}
