/// The best balanced assignment there is (Kuhn, 1955): tokens come one by one, and each time the cheapest chain of moves
/// makes room. The places of an expert are alike, so chains run over experts, not over places.
struct HungarianAssignment {
    /// `[experts][tokens]`, finite.
    let scores: [[Float]]
    /// Tokens of each expert; together, all tokens.
    let shares: [Int]

    func solve() -> [Int] {
        var room = shares
        var owners: [Int] = []
        for token in scores[0].indices {
            let moves = moves(owners)
            let chain = cheapestChain(from: token, moves, room)
            owners.append(chain[0])
            for (expert, next) in zip(chain, chain.dropFirst()) {
                guard let mover = moves[expert][next].token else { continue }
                owners[mover] = next
            }
            room[chain[chain.count - 1]] -= 1
        }
        return owners
    }

    /// What it costs to send the token that minds least from one expert to another.
    private func moves(_ owners: [Int]) -> [[(cost: Double, token: Int?)]] {
        var moves = shares.map { _ in shares.map { _ in (cost: Double.infinity, token: Int?.none) } }
        for (token, owner) in owners.enumerated() {
            for expert in shares.indices where expert != owner {
                let cost = Double(scores[owner][token]) - Double(scores[expert][token])
                if cost < moves[owner][expert].cost { moves[owner][expert] = (cost, token) }
            }
        }
        return moves
    }

    /// Experts from the one that takes the token to one with room (Bellman and Ford's method: costs may be negative).
    private func cheapestChain(from token: Int, _ moves: [[(cost: Double, token: Int?)]], _ room: [Int]) -> [Int] {
        var cost = scores.map { -Double($0[token]) }
        var before = [Int?](repeating: nil, count: shares.count)
        for _ in shares {
            for expert in shares.indices {
                for next in shares.indices where cost[expert] + moves[expert][next].cost < cost[next] - 1e-12 {
                    cost[next] = cost[expert] + moves[expert][next].cost
                    before[next] = expert
                }
            }
        }
        let last = shares.indices.filter { room[$0] > 0 }.min { cost[$0] < cost[$1] }
        guard var expert = last else { preconditionFailure("shares of \(shares.reduce(0, +)) for more tokens") }
        var chain = [expert]
        while let previous = before[expert] {
            chain.append(previous)
            expert = previous
        }
        return chain.reversed()
    }
}
