package import Mixture
import ModelFiles
import Tensors

extension Recipe {
    /// The width of one head.
    var headSize: Int { headDim ?? hidden / max(heads, 1) }

    /// The router with the numbers of this recipe.
    package var routerConfiguration: RouterConfiguration {
        var configuration = router
        configuration.experts = router.name == .dense ? 1 : experts
        configuration.topK = router.name.fixedTopK ?? topK
        return configuration
    }

    /// Experts a token visits, on average.
    package var visitsPerToken: Int { routerConfiguration.topK }

    /// The width of one expert: all that a token visits are together as wide with every router.
    ///
    /// Unless given they are 8/3 × hidden, as the feed-forward part of a dense model would be (Shazeer, 2020), in whole
    /// 32 for each expert so that it can be quantized.
    package var expertWidth: Int {
        if let intermediate { return max(1, intermediate * topK / max(visitsPerToken, 1)) }
        let width = 8 * hidden / (3 * max(topK, 1))
        return max(32, (width + 31) / 32 * 32) * topK / max(visitsPerToken, 1)
    }

    func architecture(vocabularySize: Int, routing: Routing) -> Architecture {
        Architecture(
            vocabularySize: vocabularySize, hiddenSize: hidden, layerCount: layers, headCount: heads,
            keyValueHeadCount: kvHeads ?? heads, headSize: headSize, intermediateSize: expertWidth,
            expertCount: routerConfiguration.experts, expertsPerToken: visitsPerToken, normEpsilon: normEpsilon,
            rotaryBase: ropeBase, rotaryPairing: .halves, rotaryDimensions: headSize, slidingWindow: nil,
            tiedEmbeddings: tiedEmbeddings, contextLength: context, routing: routing, qkNorm: qkNorm ? .heads : .none,
            sharedIntermediateSize: sharedIntermediate)
    }

    var rates: LearningRateSchedule {
        LearningRateSchedule(
            shape: schedule, peak: learningRate, final: finalRate, warmUpSteps: Int((warmUp * Double(steps)).rounded()),
            steps: steps)
    }

    var stepsBetweenValidations: Int { validateEvery ?? max(1, steps / 10) }
    var stepsBetweenCheckpoints: Int { checkpointEvery ?? max(1, steps / 10) }
    /// How often the routes of the probe are compared.
    var stepsBetweenProbes: Int { max(1, steps / 40) }
    var stepsBetweenLogEntries: Int { max(1, min(10, steps / 100)) }

    var optimizerOptions: Optimizer.Options {
        var options = Optimizer.Options()
        options.beta1 = beta1
        options.beta2 = beta2
        options.epsilon = adamEpsilon
        options.weightDecay = weightDecay
        options.clip = clip
        return options
    }

    /// What routers are told of a batch; chance begins elsewhere in each.
    package func routingBatch(_ batch: Batch, step: Int, microBatch: Int) -> RoutingBatch {
        var random = RandomNumbers(seed: seed, stream: UInt64(step * accumulate + microBatch))
        let isPadding = batch.targets.contains { $0 < 0 } ? batch.targets.map { $0 < 0 } : nil
        return RoutingBatch(
            tokens: batch.tokens, sequenceLength: batch.context, isPadding: isPadding, step: step, totalSteps: steps,
            seed: random.next())
    }
}
