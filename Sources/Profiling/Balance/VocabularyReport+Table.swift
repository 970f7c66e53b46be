extension VocabularyReport {
    /// Nil where no id is known.
    ///
    /// Where there are more than 32,768 tokens, or a layer has more than 262,144 visits, all but the number of different
    /// ids is of as many drawn by chance. Labels are shuffled 20 times. The greatest share is at most 1 / k, and reaches it
    /// for every id that comes once.
    package init?(_ table: RoutingTable) {
        let ids = table.ids
        guard ids.contains(where: { $0 >= 0 }) else { return nil }
        distinctTokens = Set(ids.lazy.filter { $0 >= 0 }).count
        let sample = Self.sample(of: table)
        let input = LabeledTokens(labels: sample.map { ids[$0] })
        let nextIDs = table.nextIDs
        let next = LabeledTokens(labels: sample.map { nextIDs[$0] })
        let hasFavorites = table.experts <= CoActivationReport.greatestMatrix
        layers = table.layers.indices.map { layer in
            let visits = SampledVisits(sample, of: table.routes[layer], experts: table.experts)
            let shares = (input.greatestShare(in: visits), next.greatestShare(in: visits))
            return Layer(
                layer: table.layers[layer].name, input: input.information(in: visits),
                next: next.information(in: visits), inputShare: shares.0.value, nextShare: shares.1.value,
                intervals: Layer.Intervals(inputShare: shares.0.interval, nextShare: shares.1.interval),
                favorites: hasFavorites ? input.favorites(in: visits) : nil)
        }
    }

    private static func sample(of table: RoutingTable) -> [Int] {
        let tokens = table.tokenCount
        let perToken = max(table.visitCount / max(tokens * table.layers.count, 1), 1)
        let most = min(1 << 15, (1 << 18) / perToken)
        guard tokens > most else { return Array(0..<tokens) }
        var random = SeededRandom(seed: 7)
        return (0..<tokens).filter { _ in Int.random(in: 0..<tokens, using: &random) < most }
    }
}

extension RoutingTable {
    /// For every token the id of the one that follows it in its text; −1 where it is not known.
    fileprivate var nextIDs: [Int32] {
        var next = [Int32](repeating: -1, count: tokenCount)
        // The last token of each text so far, and the position that its successor has.
        var last = [(token: Int, position: Int)?](repeating: nil, count: texts.count)
        for pass in passes where !pass.tokens.isEmpty {
            if let last = last[pass.text], last.position == pass.position {
                next[last.token] = ids[pass.tokens.lowerBound]
            }
            for token in pass.tokens.dropLast() { next[token] = ids[token + 1] }
            last[pass.text] = (pass.tokens.upperBound - 1, pass.position + pass.tokens.count)
        }
        return next
    }
}
