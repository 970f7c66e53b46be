package import Tensors

extension TrainableRouter {
    /// Counts a micro-batch's decision: once each, whether or not the layer was computed again.
    package func record(_ decision: RoutingDecision) {
        for expert in counts.indices { counts[expert] += decision.chosen[expert] }
        if let cuts = decision.cuts { thresholds?.record(cuts, tokens: decision.batch.counted.count) }
    }

    /// Ends an optimizer's step, after the parameters have moved: the bias and the thresholds follow what was counted,
    /// and after StableMoE's first stage its routes freeze.
    ///
    /// - Parameter step: the one that ends, counted from 0.
    package func finishStep(_ step: Int, of totalSteps: Int, parameters: [String: MatrixView]) {
        bias?.update(counts)
        thresholds?.finishStep()
        counts = counts.map { _ in 0 }
        if table == nil && isInSecondStage(at: step + 1, of: totalSteps) { table = DistilledRouter(parameters).table }
    }

    /// How it routes in generation, and in validation while it learns.
    package func generationForm(parameters: [String: MatrixView]) -> GenerationForm {
        let weighting = configuration.weighting
        switch configuration.name {
        case .topK, .noisyTopK, .switch, .gshard, .sigmoid, .base, .dense:
            return GenerationForm(
                .topK, experts: configuration.experts, topK: configuration.topK, weighting: weighting,
                groups: configuration.groupLimit, bias: bias?.values)
        case .expertChoice:
            return GenerationForm(
                .thresholds, experts: configuration.experts, topK: configuration.topK, weighting: weighting,
                thresholds: thresholds?.values)
        case .hash, .stable:
            return GenerationForm(
                .table, experts: configuration.experts, weighting: weighting,
                table: table ?? DistilledRouter(parameters).table)
        }
    }
}
