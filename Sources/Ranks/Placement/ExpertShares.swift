/// Which ranks compute how many of the tokens that visit each expert.
package struct ExpertShares: Equatable, Sendable {
    /// For each expert, the ranks that have it.
    package let shares: [[Share]]

    /// A rank's part of an expert's tokens.
    package struct Share: Equatable, Sendable {
        package let rank: Int
        package let tokens: Int

        package init(rank: Int, tokens: Int) {
            self.rank = rank
            self.tokens = tokens
        }
    }

    package init(_ shares: [[Share]]) { self.shares = shares }

    /// Tokens that each rank computes.
    package func loads(ranks: Int) -> [Int] {
        var loads = [Int](repeating: 0, count: ranks)
        for share in shares.joined() { loads[share.rank] += share.tokens }
        return loads
    }

    /// The most that a rank computes, as a multiple of the mean; 1 where there is nothing to compute.
    package func imbalance(ranks: Int) -> Double { Ranks.imbalance(of: loads(ranks: ranks)) }

    /// Which rank computes which of the tokens that each rank sends to one expert: what need not leave its rank first.
    ///
    /// - Parameter visits: tokens of each rank, as many together as the expert's shares.
    /// - Returns: for each rank that sends, its tokens by share.
    package func split(_ expert: Int, visits: [Int]) -> [[Int]] {
        var left = shares[expert].map(\.tokens)
        precondition(
            left.reduce(0, +) == visits.reduce(0, +),
            "\(visits.reduce(0, +)) visits of an expert whose shares are \(left.reduce(0, +))")
        var split = visits.map { _ in [Int](repeating: 0, count: left.count) }
        for (index, share) in shares[expert].enumerated() where share.rank < visits.count {
            split[share.rank][index] = min(left[index], visits[share.rank] - split[share.rank].reduce(0, +))
            left[index] -= split[share.rank][index]
        }
        var next = 0
        for sender in visits.indices {
            var tokens = visits[sender] - split[sender].reduce(0, +)
            while tokens > 0 {
                let taken = min(tokens, left[next])
                split[sender][next] += taken
                left[next] -= taken
                tokens -= taken
                if left[next] == 0 { next += 1 }
            }
        }
        return split
    }
}

/// The greatest of some loads as a multiple of their mean.
package func imbalance(of loads: [Int]) -> Double {
    let sum = loads.reduce(0, +)
    guard let most = loads.max(), sum > 0 else { return 1 }
    return Double(most) * Double(loads.count) / Double(sum)
}
