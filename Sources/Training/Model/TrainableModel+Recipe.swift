package import Mixture
import ModelFiles
package import Tensors

extension TrainableModel {
    /// The model of a recipe, its parameters zero.
    ///
    /// - Parameters:
    ///   - tokenCounts: how often each token of the vocabulary stands in what is learned.
    ///   - ranks: those that train it together.
    package convenience init(
        _ recipe: Recipe, tokenCounts: [Int], recomputes: Bool? = nil, workers: Workers,
        strategy: StrategyChoice = .automatic, clock: PartClock = PartClock(),
        ranks: TrainingRanks? = nil
    ) throws {
        let configuration = try recipe.routerConfiguration.validated()
        let routers = (0..<recipe.layers).map { layer in
            var random = RandomNumbers(seed: recipe.seed, stream: UInt64(layer))
            return TrainableRouter(
                configuration, hiddenSize: recipe.hidden, vocabularySize: tokenCounts.count, seed: random.next(),
                frequencies: tokenCounts)
        }
        let architecture = recipe.architecture(
            vocabularySize: tokenCounts.count, routing: Routing(configuration))
        self.init(
            architecture, routers: routers, recomputes: recomputes ?? recipe.recompute, workers: workers,
            strategy: strategy, clock: clock, ranks: ranks)
    }
}

extension Routing {
    /// What a checkpoint says of a router.
    fileprivate init(_ router: RouterConfiguration) {
        let selection: Selection =
            switch router.name {
            case .topK, .noisyTopK, .switch, .gshard, .sigmoid, .base, .dense: .topK
            case .expertChoice: .threshold
            case .stable, .hash: .table
            }
        let weighting: Weighting =
            switch router.weighting.form {
            case .softmaxOfChosen: .softmaxOfChosen
            case .softmaxOfAll: .softmax
            case .sigmoid: .sigmoid
            case .sigmoidShare: .sigmoidOfChosen
            case .one: .constant
            }
        self.init(
            name: router.name.rawValue, selection: selection, weighting: weighting, scale: router.weighting.scale,
            groups: router.groups, allowedGroups: router.allowedGroups, hasBias: router.biasRate > 0)
    }
}
