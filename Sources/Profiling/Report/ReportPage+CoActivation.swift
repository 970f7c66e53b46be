extension ReportPage {
    /// Which experts come together.
    var coActivation: HTMLPage.Section? {
        let known = report.layers.contains { $0.coActivation != nil }
        guard known else { return nil }
        return HTMLPage.Section(
            id: "together", title: "Experts that come together",
            body: [
                HTMLPage.paragraph(
                    "P(j | i) is the share of the tokens of expert i that also visit expert j. All pairs of a token's "
                        + "experts count; pairs of neighboring ranks alone, as OLMoE's analysis has them, are in the "
                        + "curve and in the table too, and smaller where a token visits more than two."),
                row(strongestPartners, reports.indices.compactMap(partners)),
            ])
    }

    private var strongestPartners: String {
        let known = report.layers.enumerated().compactMap { place, layer in
            layer.coActivation.map { (place, layer, $0) }
        }
        guard let most = known.max(by: { $0.2.allPairs.strongest < $1.2.allPairs.strongest }) else { return "" }
        var series = reports.indices.map { run in
            coActivationSeries(named("all pairs", run), run, color: 0, \.allPairs)
        }
        series += reports.indices.map { run in
            coActivationSeries(named("neighboring ranks", run), run, color: 1, \.adjacentRanks)
        }
        var chart = LineChart(
            title: "The strongest partner of an expert, in each layer", xLabel: "layer",
            yLabel: "greatest P(j | i), mean over experts i", series: series)
        (chart.level, chart.isHalf) = (3, true)
        chart.names = report.layerLabels
        chart.references = [.init(name: "without preference", value: most.2.chance)]
        (chart.areShares, chart.startsAtZero) = (true, true)
        chart.takeaway = """
            Closest in layer \(most.1.layer.clipped(24)): on average \(most.2.allPairs.strongest.percent)\
            \(most.2.allPairs.interval.percentNote) of an expert's tokens also visit its strongest partner, and \
            \(most.2.chance.percent) the average one.
            """
        chart.table = reports.indices.map(strongestTable).joined()
        return chart.html
    }

    private func strongestTable(_ run: Int) -> String {
        HTMLPage.table(
            caption: named("Greatest P(j | i), mean over experts", run),
            head: ["layer", "all pairs", "neighboring ranks", "without preference"],
            cells: reports[run].layers.compactMap { layer in
                guard let of = layer.coActivation else { return nil }
                return [
                    .init(layer.layer), .init(of.allPairs.strongest, of.allPairs.interval, \.percent),
                    .init(of.adjacentRanks.strongest, of.adjacentRanks.interval, \.percent),
                    .init(of.chance.percent),
                ]
            })
    }

    private func coActivationSeries(
        _ name: String, _ run: Int, color: Int, _ pairs: (CoActivationReport) -> CoActivationReport.Pairs
    ) -> LineChart.Series {
        let points = reports[run].layers.enumerated().compactMap { place, layer in
            layer.coActivation.map(pairs).map { (x: Double(place), y: $0.strongest, interval: $0.interval) }
        }
        return .init(name, measured: points, color: color, isDashed: run == 1)
    }

    /// The matrix of the layer where partners are closest.
    private func partners(_ run: Int) -> String? {
        let known = reports[run].layers.compactMap { layer in layer.coActivation.map { (layer, $0) } }
        guard let (layer, pairs) = known.max(by: { $0.1.allPairs.strongest < $1.1.allPairs.strongest }) else {
            return nil
        }
        let table =
            pairTable("Pairs of layer \(layer.layer.clipped(24)), all pairs", pairs.allPairs)
            + pairTable("Pairs of layer \(layer.layer.clipped(24)), neighboring ranks", pairs.adjacentRanks)
        guard let counts = pairs.allPairs.counts, pairs.chance > 0 else {
            let reason = HTMLPage.paragraph(
                "A matrix of more than \(CoActivationReport.greatestMatrix) experts is not drawn; these are the closest pairs."
            )
            return "<div>\(reason + table)</div>"
        }
        let names = counts.indices.map { "\($0)" }
        let values = counts.enumerated().map { first, row in
            row.enumerated().map { second, count in
                first == second || row[first] == 0 || counts[second][second] == 0
                    ? .nan : Double(count) / Double(row[first]) / pairs.chance
            }
        }
        var map = HeatMap(rows: names, columns: names, values: values)
        (map.rowName, map.columnName) = ("expert i", "expert j")
        let closest = pairs.allPairs.top.first.map {
            "Experts \($0.first) and \($0.second) come together most beyond chance: \($0.lift.brief)"
                + "\(($0.intervals?.lift).note()) times as often as their loads alone would have it, \($0.count.grouped) times in all."
        }
        return Figure(
            title: named("Who comes with whom, layer \(layer.layer.clipped(24))", run),
            takeaway: closest ?? "No pair stands out.",
            explanation:
                "P(j | i) of all pairs over what it is without preference, \(pairs.chance.percent); rows are i, columns j.",
            drawing: map.drawing, legend: map.legend("seldom together", "often together", empty: "never"),
            table: table,
            isHalf: true
        ).html
    }

    private func pairTable(_ caption: String, _ pairs: CoActivationReport.Pairs) -> String {
        guard !pairs.top.isEmpty else { return "" }
        return HTMLPage.table(
            caption: caption, head: ["experts", "together", "P(second | first)", "over independence"],
            cells: pairs.top.prefix(12).map {
                [
                    .init("\($0.first) and \($0.second)"), .init($0.count.grouped),
                    .init($0.probability, $0.intervals?.probability, \.percent),
                    .init($0.lift, $0.intervals?.lift) { "\($0.brief)×" },
                ]
            })
    }
}
