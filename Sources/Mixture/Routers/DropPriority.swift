import Tensors

/// Which visits an expert turns away when more come than it has room for.
package enum DropPriority: String, Sendable, Codable, CaseIterable {
    /// All first choices go before any second choice, and earlier tokens before later ones (GShard, Tutel).
    case position
    /// As above, but tokens that are surer of their best expert go first (V-MoE; Riquelme et al., 2021, arXiv 2106.05974).
    case batchPrioritized = "batch-prioritized"
    /// Each expert keeps the visits with the highest probability (Megatron).
    case probability
    /// As by position, with the tokens in random order (DeepSpeed).
    case random
}

/// Room for so many visits at each expert of a layer.
struct Capacity: Sendable {
    let visits: Int
    let priority: DropPriority

    /// ⌈factor · tokens · k / experts⌉, at least 1.
    static func visits(factor: Double, tokens: Int, topK: Int, experts: Int) -> Int {
        let room = (factor * Double(tokens * topK) / Double(experts)).rounded(.up)
        return max(1, Int(min(room, Double(max(tokens, 1)))))
    }

    /// Drops what is too much.
    ///
    /// - Parameter shares: `[tokens, experts]`, probabilities that compare tokens with each other. Scores would not do:
    ///   the softmax takes a constant of each token away.
    /// - Returns: how many visits were dropped, by slot.
    func drop(from choices: inout Choices, shares: MatrixView, _ batch: RoutingBatch) -> [Int] {
        var room = [Int](repeating: visits, count: shares.columns)
        var dropped: [Int] = []
        for index in order(choices, shares, batch) where choices.takesPlace[index] {
            let visit = choices.visits[index]
            if room[visit.expert] > 0 {
                room[visit.expert] -= 1
            } else {
                choices.takesPlace[index] = false
                while dropped.count <= visit.slot { dropped.append(0) }
                dropped[visit.slot] += 1
            }
        }
        return dropped
    }

    /// The choices, those that go first in front.
    private func order(_ choices: Choices, _ shares: MatrixView, _ batch: RoutingBatch) -> [Int] {
        switch priority {
        case .position: return bySlot(Array(0..<choices.tokens), choices)
        case .batchPrioritized:
            let best = (0..<choices.tokens).map { token in
                choices[token].map { shares[token, choices.visits[$0].expert] }.max() ?? 0
            }
            return bySlot(RankedTokens(best).sorted, choices)
        case .random:
            var random = batch.random(for: .drops)
            return bySlot(RankedTokens((0..<choices.tokens).map { _ in random.uniform() }).sorted, choices)
        case .probability:
            return RankedTokens(choices.visits.map { shares[$0.token, $0.expert] }).sorted
        }
    }

    private func bySlot(_ tokens: [Int], _ choices: Choices) -> [Int] {
        let slots = (choices.visits.map(\.slot).max() ?? -1) + 1
        var order: [Int] = []
        order.reserveCapacity(choices.visits.count)
        for slot in 0..<slots {
            for token in tokens where slot < choices[token].count { order.append(choices[token].lowerBound + slot) }
        }
        return order
    }
}
