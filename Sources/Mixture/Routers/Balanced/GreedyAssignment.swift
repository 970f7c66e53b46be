import Tensors

/// Experts in random order each take the tokens of the highest scores among those left (StableMoE's greedy assignment).
struct GreedyAssignment {
    /// `[experts][tokens]`, finite.
    let scores: [[Float]]
    /// Tokens of each expert; together, all tokens.
    let shares: [Int]

    func solve(_ random: RandomNumbers) -> [Int] {
        var random = random
        let order = RankedTokens(shares.map { _ in random.uniform() }).sorted
        var owners = [Int](repeating: -1, count: scores.first?.count ?? 0)
        for expert in order {
            let left = owners.indices.filter { owners[$0] < 0 }
            var ranked = RankedTokens(left) { scores[expert][$0] }
            for token in ranked.best(shares[expert]) { owners[token] = expert }
        }
        return owners
    }
}
