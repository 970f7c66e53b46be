extension LearningReport {
    /// Nil for fewer than two snapshots. They come in the order of their steps, and see the same tokens.
    package init?(_ snapshots: [LearningSnapshot]) {
        guard snapshots.count > 1, let last = snapshots.last?.generation else { return nil }
        for table in snapshots.flatMap({ [$0.generation] + ($0.training.map { [$0] } ?? []) }) {
            precondition(
                table.tokenCount == last.tokenCount && table.experts == last.experts && table.layers == last.layers,
                "\(table.tokenCount) tokens in \(table.layers.count) layers of \(table.experts) experts, at the last "
                    + "step \(last.tokenCount) in \(last.layers.count) of \(last.experts)")
        }
        steps = snapshots.map(\.step)
        losses = snapshots.map(\.loss)
        layers = last.layers.indices.map { Layer(snapshots, layer: $0) }
    }
}

extension LearningReport.Layer {
    fileprivate init(_ snapshots: [LearningSnapshot], layer index: Int) {
        let tables = snapshots.map(\.generation)
        let routes = tables.map { $0.routes[index] }
        var firstExperts = RoutingFluctuation()
        for (snapshot, routes) in zip(snapshots, routes) {
            let tokens = 0..<snapshot.generation.tokenCount
            firstExperts.append(tokens.map { routes.experts(of: $0).first.map(Int.init) ?? -1 }, step: snapshot.step)
        }
        let balances = tables.map { LoadBalance(loads: $0.load(ofLayer: index), topK: $0.topK) }
        let shares = TokenShares(tokens: tables[0].tokenCount)
        let saturations = routes.map { shares.overlap(of: $0, with: routes[routes.count - 1]) }
        let training = snapshots.compactMap { $0.training?.routes[index] }
        let agreements =
            training.count < routes.count ? [] : zip(routes, training).map { shares.overlap(of: $0, with: $1) }
        let droppers = snapshots.map { $0.training ?? $0.generation }

        layer = tables[0].layers[index].name
        saturation = saturations.map(\.value)
        fluctuation = firstExperts.changedShares
        settled = firstExperts.settledShares
        maxOverMean = balances.map(\.maxOverMean)
        agreement = agreements.map(\.value)
        dropRates = droppers.map { $0.routes[index].dropRates(topK: $0.topK) }
        intervals = Intervals(
            saturation: saturations.map(\.interval),
            fluctuation: zip(routes, routes.dropFirst()).map { before, after in
                shares.interval { before.experts(of: $0).first != after.experts(of: $0).first }
            },
            settled: firstExperts.steps.map { step in shares.interval { firstExperts.lastChanges[$0] <= step } },
            maxOverMean: zip(tables, balances).map { table, balance in
                LayerReport.Intervals(balance, in: table, layer: index)?.maxOverMean
            },
            agreement: agreements.map(\.interval),
            dropRates: droppers.map { $0.routes[index].dropRateIntervals ?? [] })
    }
}

/// Means over the tokens that all snapshots saw, with their intervals.
private struct TokenShares {
    let tokens: Int
    private let resampling: BlockResampling?

    init(tokens: Int) {
        self.tokens = tokens
        resampling = BlockResampling(tokens: tokens)
    }

    /// Of the share of tokens of which something is true; nil for too few tokens.
    func interval(_ isTrue: (Int) -> Bool) -> Interval? {
        guard let resampling else { return nil }
        return resampling.interval(of: ratio { isTrue($0) ? 1 : 0 })
    }

    /// The mean over tokens of the share of their experts over there that they have here, too; 1 where they have none.
    func overlap(of here: RoutingTable.Routes, with there: RoutingTable.Routes) -> (value: Double, interval: Interval?)
    {
        let ratio = ratio { token in
            let (experts, others) = (here.experts(of: token), there.experts(of: token))
            guard !others.isEmpty else { return nil }
            return Double(others.count { experts.contains($0) }) / Double(others.count)
        }
        return (ratio.value.isNaN ? 1 : ratio.value, resampling?.interval(of: ratio))
    }

    /// The mean of a number that tokens have, in blocks.
    private func ratio(_ number: (Int) -> Double?) -> BlockRatio {
        let blocks = EvenBlocks(things: tokens, count: resampling?.blocks ?? 1)
        var ratio = BlockRatio(blocks: blocks.count)
        for token in 0..<tokens {
            if let number = number(token) { ratio.add(number, of: 1, to: blocks.block(of: token)) }
        }
        return ratio
    }
}
