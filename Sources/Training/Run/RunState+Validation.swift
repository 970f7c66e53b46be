import Mixture
import Profiling

/// A run cannot go on with other texts than those it began with, from whatever checkpoint.
struct OtherCorpus: Error {
    /// What is not as it was.
    let change: String
}

/// A state comes out of a file, and what it says is used as indices and sums.
extension RunState {
    /// The state itself, if a run that learns from `corpus` can go on with it after `step`.
    ///
    /// - Throws: ``TrainingError`` when it is damaged, ``OtherCorpus`` when it is of other texts.
    func checked(after step: Int, of recipe: Recipe, _ corpus: CorpusMark, probeTokens: Int) throws -> RunState {
        if let change = self.corpus.change(to: corpus) { throw OtherCorpus(change: change) }
        if let flaw = flaw(after: step, of: recipe, probeTokens: probeTokens) {
            throw TrainingError("what it says of the run cannot be: \(flaw)")
        }
        return self
    }

    private func flaw(after step: Int, of recipe: Recipe, probeTokens: Int) -> String? {
        let sums = [visits, allDrops, drops, tokens]
        let shapes = [[], Array(repeating: recipe.routerConfiguration.experts, count: recipe.layers)]
        return switch false {
        case self.step == step: "it is of step \(self.step)"
        case step <= recipe.steps: "the run has only \(recipe.steps) steps"
        case (0...step).contains(optimizerSteps): "\(optimizerSteps) updates in \(step) steps"
        case recentLosses.count <= recipe.steps: "\(recentLosses.count) losses in \(step) steps"
        case sums.allSatisfy { 0..<1 << 56 ~= $0 }: "counts of \(sums)"
        case loads.joined().allSatisfy { 0..<1 << 40 ~= $0 }: "loads of \(loads)"
        case seconds >= 0 && tokensPerSecond < 1e12: "\(tokens) tokens in \(seconds) seconds"
        case shapes.contains(loads.map(\.count)): "loads of \(loads.map(\.count)) experts"
        case fluctuation.isEmpty || fluctuation.count == recipe.layers: "probes of \(fluctuation.count) layers"
        case fluctuation.allSatisfy { $0.canGoOn(after: step, tokens: probeTokens) }: "a probe of other tokens"
        default: nil
        }
    }
}

extension RoutingFluctuation {
    /// Whether the next snapshot of so many tokens, after that of `step`, can follow.
    fileprivate func canGoOn(after step: Int, tokens: Int) -> Bool {
        latest.count == tokens && lastChanges.count == tokens && !steps.isEmpty && steps.allSatisfy { $0 <= step }
            && changedShares.count == steps.count - 1
    }
}
