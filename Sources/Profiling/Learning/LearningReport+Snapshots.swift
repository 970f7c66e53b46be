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
        layer = tables[0].layers[index].name
        saturation = routes.map { $0.overlap(with: routes[routes.count - 1]) }
        fluctuation = firstExperts.changedShares
        settled = firstExperts.settledShares
        maxOverMean = tables.map { LoadBalance(loads: $0.load(ofLayer: index), topK: $0.topK).maxOverMean }
        let training = snapshots.compactMap { $0.training?.routes[index] }
        agreement = training.count < routes.count ? [] : zip(routes, training).map { $0.overlap(with: $1) }
        dropRates = snapshots.map { snapshot in
            let table = snapshot.training ?? snapshot.generation
            return table.routes[index].dropRates(topK: table.topK)
        }
    }
}

extension RoutingTable.Routes {
    /// The mean over tokens of the share of their experts over there that they have here, too; 1 where they have none.
    fileprivate func overlap(with other: Self) -> Double {
        var (sum, tokens) = (0.0, 0)
        for token in 0..<starts.count - 1 {
            let (here, there) = (experts(of: token), other.experts(of: token))
            guard !there.isEmpty else { continue }
            sum += Double(there.count { here.contains($0) }) / Double(there.count)
            tokens += 1
        }
        return tokens == 0 ? 1 : sum / Double(tokens)
    }
}
