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

    /// Of each of the ``dropRates(topK:)``; nil where none was dropped, where it is not known whose choices were, or for
    /// too few tokens.
    var dropRateIntervals: [Interval?]? {
        guard !drops.isEmpty, drops.count == dropped.reduce(0, +) else { return nil }
        let choices = choices
        let tokens = choices.indices.filter { choices[$0] > 0 }.map { Int32($0) }
        guard let resampling = BlockResampling(tokens: tokens.count) else { return nil }
        let blocks = TokenBlocks(tokens, count: resampling.blocks)
        let ranks = max(choices.max() ?? 0, dropped.count)
        var blockOfToken = [Int](repeating: 0, count: choices.count)
        var rates = [BlockRatio](repeating: BlockRatio(blocks: blocks.count), count: ranks)
        for block in 0..<blocks.count {
            for token in blocks.tokens(of: block) {
                blockOfToken[Int(token)] = block
                for rank in 0..<choices[Int(token)] { rates[rank].add(0, of: 1, to: block) }
            }
        }
        for drop in drops { rates[Int(drop.rank)].add(1, of: 0, to: blockOfToken[Int(drop.token)]) }
        return rates.map { resampling.interval(of: $0) }
    }

    /// For each token how many it made: its visits and its drops.
    private var choices: [Int] {
        var choices = (0..<starts.count - 1).map { visits(of: $0).count }
        for drop in drops { choices[Int(drop.token)] += 1 }
        return choices
    }

    /// Tokens that made more than 0, 1, 2 … choices.
    private var choicesByRank: [Int] {
        let choices = choices
        var tokens = [Int](repeating: 0, count: choices.max() ?? 0)
        for count in choices where count > 0 { tokens[count - 1] += 1 }
        for rank in tokens.indices.dropLast().reversed() { tokens[rank] += tokens[rank + 1] }
        return tokens
    }
}
