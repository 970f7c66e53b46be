extension ReportPage {
    /// What experts have to do with single tokens.
    var vocabulary: HTMLPage.Section? {
        let known = reports.indices.filter { !(reports[$0].vocabulary?.layers.isEmpty ?? true) }
        guard let first = known.first.flatMap({ reports[$0].vocabulary }) else { return nil }
        var chart = LineChart(
            title: "What an expert tells of the token", xLabel: "layer",
            yLabel: "mutual information over the entropy of the tokens",
            series: known.map { informationSeries("of the token that is read", $0, color: 0, \.input) }
                + known.map { informationSeries("of the token that follows", $0, color: 1, \.next) })
        (chart.level, chart.isHalf) = (3, true)
        chart.names = RoutingReport.labels(first.layers.map(\.layer))
        (chart.areShares, chart.startsAtZero) = (true, true)
        chart.takeaway = known.compactMap(favoriteShare).joined(separator: " ")
        chart.table = known.map(vocabularyTables).joined()
        return HTMLPage.Section(
            id: "tokens", title: "Single tokens", body: [Figure.row([chart.html])] + known.map(favorites))
    }

    private func informationSeries(
        _ name: String, _ run: Int, color: Int, _ value: (VocabularyReport.Layer) -> Information
    ) -> LineChart.Series {
        let information = (reports[run].vocabulary?.layers ?? []).map(value)
        return .init(
            named(name, run),
            measured: information.enumerated().map { (Double($0), $1.normalized, $1.normalizedInterval) },
            color: color, isDashed: other == nil ? color == 1 : run == 1)
    }

    private func favoriteShare(_ run: Int) -> String? {
        guard let vocabulary = reports[run].vocabulary, let most = vocabulary.mostTelling else { return nil }
        return """
            In layer \(most.layer.clipped(24))\(other == nil ? "" : " of \(names[run])") a token's favorite expert has \(most.inputShare.percent)\
            \((most.intervals?.inputShare).percentNote) of its visits on average, over \
            \(vocabulary.distinctTokens.grouped) different tokens.
            """
    }

    private func vocabularyTables(_ run: Int) -> String {
        let layers = reports[run].vocabulary?.layers ?? []
        return HTMLPage.table(
            caption: named("Share of a token's visits that its favorite expert has", run),
            head: ["layer", "token read", "token that follows"],
            cells: layers.map {
                [
                    .init($0.layer), .init($0.inputShare, $0.intervals?.inputShare, \.percent),
                    .init($0.nextShare, $0.intervals?.nextShare, \.percent),
                ]
            })
            + Self.informationTable(named("Expert and token read", run), layers.map { ($0.layer, $0.input) })
            + Self.informationTable(named("Expert and token that follows", run), layers.map { ($0.layer, $0.next) })
    }

    private func favorites(_ run: Int) -> String {
        guard let vocabulary = reports[run].vocabulary, let layer = vocabulary.mostTelling,
            let favorites = layer.favorites, favorites.contains(where: { !$0.isEmpty })
        else { return "" }
        let summary = "Favorite tokens of the experts of layer \(layer.layer.clipped(24))"
        return Figure.folded(
            named(summary, run),
            HTMLPage.table(
                caption: named("Tokens that an expert sees most beyond its share", run), head: ["expert", "tokens"],
                rows: favorites.enumerated().map {
                    ["\($0)", $1.prefix(10).map(vocabulary.piece).joined(separator: ", ")]
                }))
    }
}

extension VocabularyReport {
    /// The layer whose experts know the tokens best.
    fileprivate var mostTelling: Layer? { layers.max { $0.inputShare < $1.inputShare } }

    /// A token as a person can read it, or else its id.
    fileprivate func piece(_ id: Int) -> String { pieces?.first { $0.id == id }?.text.printable ?? "\(id)" }
}
