import Tensors

/// One layer's gate and router in training.
///
/// In a step, of each micro-batch: ``forward(_:parameters:batch:on:)``, which changes nothing here, so that a layer can be
/// computed again; ``backward(_:weightGradients:regularizerScale:hidden:parameters:gradients:hiddenGradient:on:)``; and
/// once, ``record(_:)``. Then, after the optimizer, ``finishStep(_:of:parameters:)``.
package final class TrainableRouter {
    package let configuration: RouterConfiguration
    package let vocabularySize: Int
    /// What it learns by, in a fixed order. All of it is the optimizer's; see ``isFrozen(_:at:of:)``.
    package let parameters: [RouterParameter]

    var bias: LossFreeBias?
    var thresholds: ChoiceThresholds?
    /// The expert of each token id: of hash from the start, of StableMoE from its second stage on.
    var table: [Int]?
    /// Choices of each expert in this step so far.
    var counts: [Int]

    static let gateName = "gate"
    static let noiseName = "noise"

    /// - Parameters:
    ///   - configuration: a validated one.
    ///   - seed: of a hash layer's table; another for each layer.
    ///   - frequencies: how often each token id occurs, for a balanced hash.
    package init(
        _ configuration: RouterConfiguration, hiddenSize: Int, vocabularySize: Int, seed: UInt64,
        frequencies: [Int]? = nil
    ) {
        self.configuration = configuration
        self.vocabularySize = vocabularySize
        parameters = configuration.parameters(hiddenSize: hiddenSize, vocabularySize: vocabularySize)
        counts = Array(repeating: 0, count: configuration.experts)
        if configuration.biasRate > 0 {
            bias = LossFreeBias(values: counts.map { _ in 0 }, rate: Float(configuration.biasRate))
        }
        switch configuration.name {
        case .expertChoice:
            thresholds = ChoiceThresholds(experts: configuration.experts, decay: configuration.thresholdDecay)
        case .hash:
            table = configuration.hash.table(
                vocabulary: vocabularySize, experts: configuration.experts, frequencies: frequencies,
                random: RandomNumbers(seed: seed))
        default: break
        }
    }

    /// Whether the optimizer leaves a parameter alone in a step: no gradient, no momentum, no decay.
    package func isFrozen(_ parameter: RouterParameter, at step: Int, of totalSteps: Int) -> Bool {
        let isDistilled =
            parameter.name == DistilledRouter.embeddingName || parameter.name == DistilledRouter.centroidsName
        return isDistilled && isInSecondStage(at: step, of: totalSteps)
    }

    /// Whether StableMoE's routes are frozen.
    package func isInSecondStage(at step: Int, of totalSteps: Int) -> Bool {
        configuration.name == .stable && step >= Int(configuration.firstStage * Double(totalSteps))
    }

    /// Whether the experts of a token, in training, depend on earlier tokens alone.
    package var isCausal: Bool {
        switch configuration.name {
        case .expertChoice, .base: false
        default:
            // Where every first choice goes before any second one, a later token can take an earlier one's place.
            configuration.capacityFactor == nil || configuration.topK == 1 && configuration.dropPriority == .position
        }
    }

    /// The router's name, and that it looks ahead in training if it does.
    package var trainingName: String { configuration.name.rawValue + (isCausal ? "" : " (looks ahead)") }
}

extension RouterConfiguration {
    fileprivate func parameters(hiddenSize: Int, vocabularySize: Int) -> [RouterParameter] {
        func gate(_ initialization: RouterParameter.Initialization) -> RouterParameter {
            RouterParameter(
                name: TrainableRouter.gateName, rows: experts, columns: hiddenSize, initialization: initialization,
                decays: true)
        }
        switch name {
        case .hash, .dense: return []
        case .topK, .switch, .gshard, .sigmoid, .expertChoice: return [gate(.normal(deviation: 0.02))]
        case .noisyTopK:
            // Zeros: at first the noise alone decides, and every expert is as likely as any other.
            var noise = gate(.zeros)
            noise.name = TrainableRouter.noiseName
            return [gate(.zeros), noise]
        case .base: return [gate(.orthogonal(gain: 0.1))]
        case .stable:
            return [
                gate(.orthogonal(gain: 0.1)),
                RouterParameter(
                    name: DistilledRouter.embeddingName, rows: vocabularySize, columns: embedding,
                    initialization: .normal(deviation: 1), decays: false),
                RouterParameter(
                    name: DistilledRouter.centroidsName, rows: experts, columns: embedding,
                    initialization: .orthogonal(gain: 0.1), decays: false),
            ]
        }
    }
}
