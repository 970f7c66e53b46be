package import Mixture

/// What learning from a batch found.
package struct BatchOutcome {
    /// In nats.
    package var crossEntropySum = 0.0
    /// Tokens that had a target.
    package var countedTokens = 0
    /// One for each layer.
    package var decisions: [RoutingDecision] = []

    /// In nats per token.
    package var crossEntropy: Double { crossEntropySum / Double(max(countedTokens, 1)) }

    /// The routers' own losses: each term's mean over the layers, by name, in the order they were first named.
    package var terms: [LossTerm] {
        var names: [String] = []
        var sums: [String: LossTerm] = [:]
        for term in decisions.flatMap(\.terms) {
            if sums[term.name] == nil {
                names.append(term.name)
                sums[term.name] = LossTerm(term.name, 0, coefficient: term.coefficient)
            }
            sums[term.name]!.value += term.value / Double(decisions.count)
        }
        return names.map { sums[$0]! }
    }

    /// Cross-entropy and all terms, each times its coefficient.
    package var loss: Double { terms.reduce(crossEntropy) { $0 + $1.coefficient * $1.value } }
}
