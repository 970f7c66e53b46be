import Mixture
import ModelFiles
import Tensors
import Testing
import Training

@Suite struct TrainingStrategyTests {
    /// All parameters after some steps, and the losses on the way.
    private func train(_ router: RouterName, _ strategy: StrategyChoice, threads: Int) throws -> [Float] {
        var recipe = Recipe()
        recipe.data = ["unread"]
        recipe.router = .standard(router, experts: 3, topK: 2)
        (recipe.layers, recipe.hidden, recipe.heads, recipe.kvHeads) = (2, 16, 4, 2)
        // A width that divides into nothing.
        (recipe.experts, recipe.topK, recipe.intermediate) = (3, 2, 23)
        recipe.sharedIntermediate = router == .sigmoid ? 7 : nil
        (recipe.context, recipe.batch, recipe.steps) = (8, 5, 100)
        recipe = try recipe.validated()
        let vocabulary = 13
        let model = try TrainableModel(
            recipe, tokenCounts: Array(1...vocabulary), workers: Workers(count: threads), strategy: strategy)
        model.parameters.initialize(seed: 3)
        var random = RandomNumbers(seed: 5)
        var losses: [Float] = []
        for step in 0..<3 {
            let tokens = (0..<40).map { _ in Int.random(in: 0..<vocabulary, using: &random) }
            let targets = (0..<40).map { _ in Int.random(in: 0..<vocabulary, using: &random) }
            let batch = Batch(context: 8, tokens: tokens, targets: targets, domains: [0, 0, 0, 0, 0])
            let outcome = try model.learn(from: batch, recipe.routingBatch(batch, step: step, microBatch: 0), scale: 1)
            losses.append(Float(outcome.loss))
            model.finishStep(step, of: 100)
        }
        return losses + model.gradients.all.withValues { values in values.indices.map { values[$0] } }
    }

    @Test(arguments: RouterName.allCases)
    func `every strategy learns the same bits on any number of threads`(router: RouterName) throws {
        let expected = try train(router, .fixed(.tiles), threads: 1)
        #expect(expected.allSatisfy(\.isFinite) && expected.contains { $0 != 0 })
        for threads in 1...5 {
            for choice in ["rows", "experts", "groups:2", "groups:3", "tiles", "tokens", "auto"] {
                let found = try train(router, #require(StrategyChoice(choice)), threads: threads)
                #expect(found == expected, "\(choice) with \(threads) threads")
            }
        }
    }
}
