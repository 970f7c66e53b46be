extension ReportPage {
    /// The same measures in all layers, as percentiles and one by one.
    var layers: HTMLPage.Section? {
        guard !report.layers.isEmpty else { return nil }
        var body: [String] = []
        if report.layers.count > 1 { body += [HTMLPage.paragraph(spread), percentiles] }
        let table = other == nil ? layerTable : comparedTable
        body.append(report.layers.count > 16 ? Figure.folded("All \(report.layers.count) layers", table) : table)
        return HTMLPage.Section(id: "layers", title: "Balance across layers", body: body)
    }

    private var spread: String {
        guard let measures = report.acrossLayers else { return "How the measures of balance differ between layers." }
        let peaks = measures.maxOverMean
        return """
            Half of the layers have a max/mean below \(peaks.p50.brief), nine in ten below \(peaks.p90.brief); the range is \
            \(peaks.min.brief) to \(peaks.max.brief).
            """
    }

    private var percentiles: String {
        let measures: [(String, (AcrossLayers) -> AcrossLayers.Percentiles)] = [
            ("max/mean", \.maxOverMean), ("coefficient of variation", \.cv), ("Gini", \.gini),
            ("normalized entropy", \.entropy), ("effective experts", \.effectiveExperts),
            ("idle experts", \.deadExperts),
        ]
        let rows = measures.flatMap { measure, value in
            zip(names, reports).compactMap { name, report -> [String]? in
                guard let of = report.acrossLayers.map(value) else { return nil }
                return
                    [other == nil ? measure : "\(measure), \(name)"]
                    + [of.min, of.p50, of.p75, of.p90, of.p95, of.max].map {
                        measure == "idle experts" ? $0.short : $0.brief
                    }
            }
        }
        guard !rows.isEmpty else { return "" }
        return HTMLPage.table(
            caption: "Percentiles over the layers", head: ["measure", "least", "p50", "p75", "p90", "p95", "greatest"],
            rows: rows)
    }

    private var layerTable: String {
        HTMLPage.table(
            caption: "Every layer, in the order in which tokens pass them",
            head: [
                "layer", "visits", "max/mean", "95 %", "by chance", "ceiling", "CV", "Gini", "entropy", "effective",
                "idle",
                "gate",
            ],
            rows: report.layers.map { layer in
                [
                    layer.layer + (layer.isCollapsed ? " (collapsed)" : ""), layer.visits.grouped,
                    layer.maxOverMean.brief,
                    layer.intervals.maxOverMean.text, layer.chance.maxOverMean.brief, layer.maxOverMeanCeiling.brief,
                    layer.cv.fixed(3), layer.gini.fixed(3), layer.entropy.fixed(3), layer.effectiveExperts.fixed(1),
                    layer.deadExperts.grouped, layer.gate?.confidence.fixed(2) ?? "–",
                ]
            })
    }

    /// Layers of the same place beside each other.
    private var comparedTable: String {
        let layers = reports.map(\.layers)
        let count = layers.map(\.count).max() ?? 0
        let measures: [(name: String, value: (LayerReport) -> Double)] = [
            ("max/mean", \.maxOverMean), ("CV", \.cv), ("Gini", \.gini), ("entropy", \.entropy),
            ("effective", \.effectiveExperts), ("idle", { Double($0.deadExperts) }),
        ]
        let rows = (0..<count).map { place in
            let pair = layers.map { place < $0.count ? $0[place] : nil }
            let same = pair[0]?.layer == pair[1]?.layer
            let name = same ? pair[0]?.layer ?? "" : pair.map { $0?.layer ?? "–" }.joined(separator: " / ")
            return [name]
                + measures.flatMap { measure in
                    let values = pair.map { $0.map(measure.value) ?? .nan }
                    return [values[0].brief, values[1].brief, (values[0] - values[1]).change(\.brief)]
                }
        }
        return HTMLPage.table(
            caption: "Every layer of A, \(names[0]), and of B, \(names[1]), and A less B",
            head: ["layer"] + measures.flatMap { ["\($0.name) A", "B", "A − B"] }, rows: rows)
    }

    // MARK: Drops

    /// Choices that a capacity turned away.
    var drops: HTMLPage.Section? {
        let ranks = reports.flatMap { $0.layers.map(\.dropRates.count) }.max() ?? 0
        let greatest = report.layers.flatMap { layer in layer.dropRates.enumerated().map { (layer.layer, $0, $1) } }
            .max { $0.2 < $1.2 }
        guard ranks > 0, let greatest else { return nil }
        var chart = LineChart(
            title: "Choices that a capacity turned away, by rank", xLabel: "layer", yLabel: "share turned away",
            series: reports.indices.flatMap { run in (0..<min(ranks, 4)).map { dropSeries($0, run) } })
        (chart.level, chart.isHalf) = (3, true)
        chart.names = report.layerLabels
        (chart.areShares, chart.startsAtZero) = (true, true)
        chart.takeaway = """
            Most is lost in layer \(greatest.0.clipped(24)): \(greatest.2.percent) of its choices of rank \(greatest.1 + 1).
            """
        chart.table = HTMLPage.table(
            caption: "Share turned away", head: ["layer"] + (1...ranks).map { "rank \($0)" },
            rows: report.layers.map { layer in
                [layer.layer] + (0..<ranks).map { $0 < layer.dropRates.count ? layer.dropRates[$0].percent : "–" }
            })
        return HTMLPage.Section(id: "drops", title: "Dropped choices", body: [Figure.row([chart.html])])
    }

    private func dropSeries(_ rank: Int, _ run: Int) -> LineChart.Series {
        let points = reports[run].layers.enumerated().compactMap { place, layer in
            rank < layer.dropRates.count ? (x: Double(place), y: layer.dropRates[rank]) : nil
        }
        return .init(
            named("rank \(rank + 1)", run), points, color: [0, 1, 7, 5][rank], isDashed: run == 1, hasDots: true)
    }
}
