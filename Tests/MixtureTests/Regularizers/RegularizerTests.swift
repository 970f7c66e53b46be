import Mixture
import Tensors
import Testing

@Suite struct RegularizerTests {
    private func term(_ name: String, _ decision: RoutingDecision) throws -> Double {
        try #require(decision.terms.first { $0.name == name }).value
    }

    @Test func `importance is even when the weights of all experts sum to the same`() throws {
        var configuration = RouterConfiguration.standard(.topK, experts: 2, topK: 2)
        configuration.importance = 1
        let even = RouterOfScores(configuration, [[1, 0], [0, 1]])
        #expect(abs(try term("importance", even.decide())) < 1e-9)
        // Weights of 0.8 and 0.2: mean 0.5, deviation 0.3.
        let skewed = RouterOfScores(configuration, [[1.386_294_4, 0]])
        #expect(abs(try term("importance", skewed.decide()) - 0.36) < 1e-6)
    }

    @Test func `load counts how likely each expert would be chosen again`() throws {
        var configuration = RouterConfiguration.standard(.noisyTopK, experts: 4, topK: 2)
        configuration.load = 1
        let sample = RouterSample(configuration)
        #expect(try term("load", sample.decide()) > 0.001)
        // Scores far apart make the same two experts certain: loads of T, T, 0, 0 have CV² 1.
        for token in 0..<RouterSample.tokens { sample.hidden[token, 0] = 1 }
        for expert in 0..<4 { sample.parameters["gate"]?[expert, 0] = expert < 2 ? 60 : -60 }
        #expect(abs(try term("load", sample.decide()) - 1) < 1e-3)
    }

    @Test func `z-loss is the mean square of the log of the sum`() throws {
        var configuration = RouterConfiguration.standard(.topK, experts: 2, topK: 2)
        (configuration.zLoss, configuration.balance) = (1, 0)
        // log 2, and log (e⁹⁰ + e⁹⁰) = 90 + log 2, which overflows where the highest is not taken away first.
        let router = RouterOfScores(configuration, [[0, 0], [90, 90]])
        #expect(abs(try term("z", router.decide()) - (0.480_453 + 8_225.246) / 2) < 0.01)
        // 2/T · log Σ exp z · p
        #expect(abs(router.regularizerGradient()[0][0] - 0.346_574) < 1e-5)
    }

    @Test func `StableMoE's balance loss presses down scores at crowded experts`() throws {
        var configuration = RouterConfiguration.standard(.stable, experts: 2, topK: 1)
        (configuration.balance, configuration.distillation) = (1, 0)
        // Three tokens at expert 0 with σ = 1/2, one at expert 1 with σ = 2/3: excesses of 1/2 and −1/2.
        let router = RouterOfScores(
            configuration, [[0, -1], [0, -1], [0, -1], [-1, 0.693_147_2]], step: 0, totalSteps: 100)
        #expect(abs(try term("stable-balance", router.decide()) - (0.5 * 1.5 - 0.5 * 2 / 3) / 4) < 1e-6)
        let gradient = router.regularizerGradient()
        #expect(gradient[0][0] > 0 && gradient[3][1] < 0)
        #expect(gradient[0][1] == 0)
    }

    @Test func `the loss-free bias moves towards balance, and its mean stays 0`() {
        var configuration = RouterConfiguration.standard(.sigmoid, experts: 4, topK: 2)
        configuration.biasRate = 0.1
        // Experts 0 and 1 are always chosen, with scores far above the others.
        let router = RouterOfScores(configuration, Array(repeating: [2, 2, -2, -2], count: 6))
        router.router.record(router.decide())
        router.router.finishStep(0, of: 10, parameters: [:])
        #expect(router.router.state["bias"] == [-0.1, -0.1, 0.1, 0.1])
        // σ(2) − σ(−2) = 0.76: four steps later they are level, and then the others are chosen.
        for step in 1..<4 {
            router.router.record(router.decide())
            router.router.finishStep(step, of: 10, parameters: [:])
        }
        #expect(router.decide().chosen == [0, 0, 6, 6])
    }

    @Test func `an expert with its even share keeps its bias`() {
        var configuration = RouterConfiguration.standard(.topK, experts: 3, topK: 1)
        (configuration.biasRate, configuration.order) = (0.25, .softmaxThenTopK)
        // Chosen 3, 2 and 1 times: only the outer two move.
        let scores: [[Float]] = [[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]
        let router = RouterOfScores(configuration, scores)
        router.router.record(router.decide())
        router.router.finishStep(0, of: 10, parameters: [:])
        #expect(router.router.state["bias"] == [-0.25, 0, 0.25])
    }

    @Test func `jitter is the router's alone, within its width, and another in every micro-batch`() {
        var configuration = RouterConfiguration.standard(.topK, experts: 4, topK: 2)
        configuration.jitter = 0.1
        let sample = RouterSample(configuration)
        let hidden = sample.hidden.rows
        let first = sample.decide().assignment
        #expect(sample.hidden.rows == hidden)
        sample.batch.seed += 1
        #expect(sample.decide().assignment != first)
        let still = RouterSample(.standard(.topK, experts: 4, topK: 2))
        // Scores are sums of 6 products below 1: factors within 10 % move each by less than 0.6.
        for (jittered, plain) in zip(first.visits, still.decide().assignment.visits) where jittered.token == 0 {
            #expect(jittered.weight != plain.weight || jittered.expert != plain.expert)
        }
    }
}
