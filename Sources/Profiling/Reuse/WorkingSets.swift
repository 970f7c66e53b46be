extension CacheReport.WorkingSet {
    /// The mean over all windows of 1, 2, 4, … tokens that follow each other in the table.
    ///
    /// An expert is not in the windows that lie in a gap between its visits: a gap of g tokens has room for g − τ + 1
    /// windows of τ. Gaps of 2ⁿ to 2ⁿ⁺¹ − 1 tokens have room for all windows up to 2ⁿ, so their number and sum say
    /// enough.
    static func all(of table: RoutingTable) -> [Self] {
        let pool = table.layers.count * table.experts
        guard table.tokenCount > 0, pool > 0 else { return [] }
        var gaps = Gaps()
        for routes in table.routes {
            var last = [Int](repeating: -1, count: table.experts)
            for token in 0..<table.tokenCount {
                for visit in routes.visits(of: token) {
                    let expert = Int(routes.experts[visit])
                    gaps.add(token - last[expert] - 1)
                    last[expert] = token
                }
            }
            for last in last { gaps.add(table.tokenCount - last - 1) }
        }
        return (0..<Int.bitWidth - table.tokenCount.leadingZeroBitCount).map { power in
            let tokens = 1 << power
            let windows = table.tokenCount - tokens + 1
            let experts = Double(pool * windows - gaps.windows(of: power)) / Double(windows)
            return Self(tokens: tokens, experts: experts, share: experts / Double(pool))
        }
    }
}

/// Gaps by the greatest power of two that they reach.
private struct Gaps {
    private var numbers = [Int](repeating: 0, count: Int.bitWidth)
    private var sums = [Int](repeating: 0, count: Int.bitWidth)

    mutating func add(_ tokens: Int) {
        guard tokens > 0 else { return }
        let power = Int.bitWidth - 1 - tokens.leadingZeroBitCount
        numbers[power] += 1
        sums[power] += tokens
    }

    /// Windows of 2 to this power that lie in a gap.
    func windows(of power: Int) -> Int {
        sums[power...].reduce(0, +) - numbers[power...].reduce(0, +) * ((1 << power) - 1)
    }
}
