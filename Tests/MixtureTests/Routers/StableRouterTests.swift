import Mixture
import Tensors
import Testing

/// StableMoE learns its routes in a first stage and freezes them for the second.
@Suite struct StableRouterTests {
    /// 20 steps, of which the first 2 are the first stage.
    private func sample() -> RouterSample {
        RouterSample(.standard(.stable, experts: RouterCase.experts, topK: 1))
    }

    private func experts(_ assignment: Assignment) -> [Int] {
        assignment.visits.sorted { $0.token < $1.token }.map(\.expert)
    }

    @Test func `first the scores decide, then the distilled router of token ids`() {
        let sample = sample()
        let best = (0..<RouterSample.tokens).map { token in
            (0..<RouterCase.experts).max { score(sample, token, $0) < score(sample, token, $1) }
        }
        #expect(experts(sample.decide().assignment) == best)
        for _ in 0..<2 { sample.step() }
        let routes = experts(sample.decide().assignment)
        #expect(routes != best)
        let table = sample.router.generationForm(parameters: sample.views).table ?? []
        #expect(routes == sample.batch.tokens.map { table[$0] })
    }

    private func score(_ sample: RouterSample, _ token: Int, _ expert: Int) -> Float {
        (0..<RouterSample.hiddenSize).reduce(0) {
            $0 + sample.hidden[token, $1] * (sample.parameters["gate"]?[expert, $1] ?? 0)
        }
    }

    @Test func `validation goes by the distilled router in both stages`() {
        let sample = sample()
        let first = sample.generate()
        for _ in 0..<2 { sample.step() }
        #expect(sample.generate() == first)
        #expect(first == sample.decide().assignment)
    }

    @Test func `frozen means frozen: whatever moves, no token changes its expert`() {
        let sample = sample()
        for _ in 0..<2 { sample.step() }
        let before = experts(sample.decide().assignment)
        for parameter in sample.parameters.values {
            for row in 0..<parameter.view.rows {
                for column in 0..<parameter.view.columns { parameter[row, column] *= -3 }
            }
        }
        for token in 0..<RouterSample.tokens { sample.hidden[token, 0] = Float(token) }
        sample.step()
        #expect(experts(sample.decide().assignment) == before)
        #expect(experts(sample.generate()) == before)
    }

    @Test func `in the second stage the distilled router has no gradient, loss or optimizer, and the gate has`() throws
    {
        let sample = sample()
        let names = ["gate": false, "distilled_embedding": true, "distilled_centroids": true]
        for parameter in sample.router.parameters {
            #expect(!sample.router.isFrozen(parameter, at: 1, of: 20))
            #expect(sample.router.isFrozen(parameter, at: 2, of: 20) == names[parameter.name])
        }
        #expect(sample.decide().terms.map(\.name) == ["stable-balance", "distillation"])
        for _ in 0..<2 { sample.step() }
        let decision = sample.decide()
        #expect(decision.terms.isEmpty)
        let gradients = sample.gradients(decision) { _, _ in 1 }.parameters
        #expect(try #require(gradients["distilled_embedding"]).isZero)
        #expect(try #require(gradients["distilled_centroids"]).isZero)
        #expect(try !#require(gradients["gate"]).isZero)
    }

    @Test func `following its gradient, the distilled router learns the choices`() throws {
        let sample = sample()
        // Tokens of one id look alike, so that the id tells the choice.
        let rows = sample.hidden.rows
        for (token, id) in sample.batch.tokens.enumerated() {
            for column in 0..<RouterSample.hiddenSize { sample.hidden[token, column] = rows[id][column] }
        }
        let first = try #require(sample.decide().terms.last).value
        for _ in 0..<300 {
            let gradients = sample.gradients(sample.decide()) { _, _ in 0 }.parameters
            for name in ["distilled_embedding", "distilled_centroids"] {
                let (parameter, gradient) = (try #require(sample.parameters[name]), try #require(gradients[name]))
                for row in 0..<parameter.view.rows {
                    for column in 0..<parameter.view.columns {
                        parameter[row, column] -= gradient[row, column]
                    }
                }
            }
        }
        #expect(try #require(sample.decide().terms.last).value < 0.1 * first)
        #expect(experts(sample.generate()) == experts(sample.decide().assignment))
    }
}
