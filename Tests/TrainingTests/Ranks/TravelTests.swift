import Mixture
import Ranks
import Tensors
import Testing
import Training

/// What travels between ranks where they may choose.
@Suite struct TravelTests {
    /// Long messages take long, and each a while; nothing that is measured beside that matters.
    private static let slow = Link(latency: 1e-3, bandwidth: 1e6)

    @Test func `few tokens travel to their experts, and small experts to many tokens`() throws {
        for (sequences, travel, other) in [(2, "tokens", "weights"), (64, "weights", "tokens")] {
            let explanations = try explanations(sequences: sequences)
            #expect(explanations.allSatisfy { $0 == explanations[0] })
            #expect(explanations[0].map(\.place.layer) == [0, 1])
            for layer in explanations[0] {
                #expect(layer.chosen == travel && layer.calls == 3, "\(layer.text)")
                let ways = Dictionary(uniqueKeysWithValues: layer.strategies.map { ($0.name, $0) })
                // What is far slower for certain is not tried.
                #expect(ways[other]!.predictedSeconds! > 1.3 * ways[travel]!.predictedSeconds!)
                #expect(ways[other]!.measuredSeconds == nil)
                // The link alone takes that long, whatever else the machine does meanwhile.
                #expect(ways[travel]!.measuredSeconds! > 0.5 * ways[travel]!.predictedSeconds!, "\(layer.text)")
            }
        }
    }

    /// Of each rank, after three steps.
    private func explanations(sequences: Int) throws -> [[LayerExplanation]] {
        return try RankThreads.run(2, over: delayed(by: Self.slow)) { communicator in
            let ranks = TrainingRanks(communicator, travel: .auto)
            var recipe = RankSample(.topK).recipe
            recipe.batch = sequences
            recipe.accumulate = 1
            let model = try TrainableModel(
                recipe.validated(), tokenCounts: Array(1...RankSample.vocabulary), workers: Workers(count: 1),
                ranks: ranks)
            model.parameters.initialize(seed: 3)
            var random = RandomNumbers(seed: 5, stream: 0)
            let tokens = (0..<8 * sequences).map { _ in Int.random(in: 0..<RankSample.vocabulary, using: &random) }
            let batch = Batch(
                context: 8, tokens: tokens, targets: tokens, domains: Array(repeating: 0, count: sequences))
            for step in 0..<3 {
                _ = try model.learn(from: batch, recipe.routingBatch(batch, step: step, microBatch: 0), scale: 1)
                try model.finishGradients()
                // Looking at a text changes nothing.
                _ = try model.evaluate(batch)
            }
            return model.explanation
        }
    }

    @Test func `ranks that look at what joins them find the same link, no faster than it is`() throws {
        let link = Link(latency: 2e-3, bandwidth: 1e8)
        let found = try RankThreads.run(3, over: delayed(by: link)) { try $0.measuredLink() }
        #expect(found.allSatisfy { $0 == found[0] })
        #expect(found[0].latency >= link.latency && found[0].bandwidth <= 1.05 * link.bandwidth, "\(found[0])")
        #expect(try RankThreads.run(1) { try $0.measuredLink() }[0].latency == 0)
    }

    private func delayed(by link: Link) -> @Sendable (any Transport) -> any Transport {
        { LinkTransport($0, Links(link)) }
    }
}
