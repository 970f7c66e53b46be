import Mixture
import Profiling

/// Looks, from time to time, where the same tokens go: the share that has another first expert than the last time is the
/// routing fluctuation (Dai et al., 2022, StableMoE, arXiv 2204.08396, figure 2).
struct RoutingProbe {
    private let batches: [Batch]

    /// Tokens that are looked at, about.
    private static let tokens = 2048

    init(_ corpus: Corpus, _ recipe: Recipe) {
        let sequences = max(1, min(recipe.batch, Self.tokens / recipe.context))
        batches = Array(
            corpus.validationBatches(
                sequences: sequences, context: recipe.context, limit: max(1, Self.tokens / recipe.context)))
    }

    /// Those that are looked at.
    var tokenCount: Int { batches.reduce(0) { $0 + $1.tokens.count } }

    /// Looks at the routes after the steps that the state says.
    ///
    /// - Returns: for each layer the share of tokens whose first expert has changed since the last look; nil at the first.
    func look(at learner: Learner, _ state: inout RunState) throws -> [Double]? {
        var seen = [[Int]](repeating: [], count: learner.model.routers.count)
        for batch in batches {
            for (layer, route) in try learner.evaluate(batch).routes.enumerated() { seen[layer] += route.firstExperts }
        }
        if state.fluctuation.isEmpty { state.fluctuation = seen.map { _ in RoutingFluctuation() } }
        for layer in seen.indices { state.fluctuation[layer].append(seen[layer], step: state.step) }
        let shares = state.fluctuation.compactMap(\.changedShares.last)
        return shares.isEmpty ? nil : shares
    }
}
