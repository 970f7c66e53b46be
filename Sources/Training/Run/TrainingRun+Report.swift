import Mixture
import Profiling

extension TrainingRun {
    /// Loss on all of the validation part, balance, speed: how the run ended.
    ///
    /// - Parameter isCancelled: asked before every batch.
    /// - Throws: `CancellationError` once it says yes.
    func report(unless isCancelled: () -> Bool) throws -> TrainingReport {
        let validation = try validate(unless: isCancelled)
        let looksAhead = model.routers.contains { !$0.isCausal }
        let trainingForm = looksAhead ? try validateAsTraining(unless: isCancelled) : nil
        let topK =
            recipe.router.name == .expertChoice ? try validate(.topK, unless: isCancelled).loss : nil
        if isCancelled() { throw CancellationError() }
        let counts = model.parameterCounts
        let changes = state.fluctuation.map(\.changedShares)
        return TrainingReport(
            name: recipe.name, router: recipe.router.name.rawValue, seed: recipe.seed, steps: state.step,
            validationLoss: validation.loss, validationLossTrainingForm: trainingForm, validationLossTopK: topK,
            validationLossByDomain: validation.lossByDomain,
            entropyByDomain: Dictionary(
                uniqueKeysWithValues: corpus.domains.compactMap { domain in
                    domain.bestValidationLoss.map { (domain.name, $0) }
                }),
            bestValidationLoss: min(state.bestValidationLoss ?? .infinity, validation.loss), trainLoss: state.trainLoss,
            tokensPerSecond: state.tokensPerSecond, seconds: state.seconds, parameters: counts.all,
            activeParameters: counts.active, dropRate: state.dropRateOverall,
            fluctuation: changes.joined().mean,
            lateFluctuation: changes.flatMap { $0.suffix(max(1, $0.count / 5)) }.mean,
            layers: validation.loads.enumerated().map { layer, load in
                TrainingReport.Layer(
                    load, topK: recipe.visitsPerToken,
                    fluctuation: changes.indices.contains(layer) ? changes[layer].mean : 0)
            },
            secondsByPart: Dictionary(
                uniqueKeysWithValues: model.clock.seconds.map { ($0.key.rawValue, $0.value) }),
            checkpoint: folder.checkpoint(step: state.step), ranks: try learner.shares(),
            overRanks: model.explanation.isEmpty ? nil : model.explanation)
    }
}

extension TrainingReport.Layer {
    fileprivate init(_ load: [Int], topK: Int, fluctuation: Double) {
        let balance = LoadBalance(loads: load, topK: topK)
        self.init(
            load: load, maxOverMean: balance.maxOverMean, cv: balance.coefficientOfVariation, gini: balance.gini,
            entropy: balance.normalizedEntropy, fluctuation: fluctuation)
    }
}

extension Sequence<Double> {
    /// 0 when there is none.
    fileprivate var mean: Double {
        let (sum, count) = reduce((0.0, 0)) { ($0.0 + $1, $0.1 + 1) }
        return count > 0 ? sum / Double(count) : 0
    }
}
