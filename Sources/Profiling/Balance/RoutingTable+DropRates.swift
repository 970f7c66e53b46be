extension RoutingTable.Routes {
    /// Of each rank, from the first choice on, the share of its choices that were turned away; empty where none was.
    ///
    /// A token made as many choices as it has visits and drops. Where drops are known by their number alone, every token
    /// made k.
    func dropRates(topK: Int) -> [Double] {
        let all = dropped.reduce(0, +)
        guard all > 0 else { return [] }
        let known = drops.count == all ? choicesByRank : [Int](repeating: starts.count - 1, count: topK)
        return (0..<max(known.count, dropped.count)).map { rank in
            let turnedAway = rank < dropped.count ? dropped[rank] : 0
            return Double(turnedAway) / Double(max(rank < known.count ? known[rank] : 0, turnedAway, 1))
        }
    }

    /// Tokens that made more than 0, 1, 2 … choices.
    private var choicesByRank: [Int] {
        var choices = (0..<starts.count - 1).map { visits(of: $0).count }
        for drop in drops { choices[Int(drop.token)] += 1 }
        var tokens = [Int](repeating: 0, count: choices.max() ?? 0)
        for count in choices where count > 0 { tokens[count - 1] += 1 }
        for rank in tokens.indices.dropLast().reversed() { tokens[rank] += tokens[rank + 1] }
        return tokens
    }
}
