extension ReportPage {
    /// Choices that a capacity turned away.
    var drops: HTMLPage.Section? {
        let ranks = reports.flatMap { $0.layers.map(\.dropRates.count) }.max() ?? 0
        let greatest = report.layers.flatMap { layer in layer.dropRates.enumerated().map { (layer, $0, $1) } }
            .max { $0.2 < $1.2 }
        guard ranks > 0, let (worst, rank, rate) = greatest else { return nil }
        var chart = LineChart(
            title: "Choices that a capacity turned away, by rank", xLabel: "layer", yLabel: "share turned away",
            series: reports.indices.flatMap { run in (0..<min(ranks, 4)).map { dropSeries($0, run) } })
        (chart.level, chart.isHalf) = (3, true)
        chart.names = report.layerLabels
        (chart.areShares, chart.startsAtZero) = (true, true)
        chart.takeaway = """
            Most is lost in layer \(worst.layer.clipped(24)): \(rate.percent)\(worst.dropInterval(rank).percentNote) of its \
            choices of rank \(rank + 1).
            """
        chart.table = reports.indices.map { run in
            HTMLPage.table(
                caption: named("Share turned away", run), head: ["layer"] + (1...ranks).map { "rank \($0)" },
                cells: reports[run].layers.map { layer in
                    [.init(layer.layer)]
                        + (0..<ranks).map { rank in
                            rank < layer.dropRates.count
                                ? .init(layer.dropRates[rank], layer.dropInterval(rank), \.percent) : .init("–")
                        }
                })
        }.joined()
        return HTMLPage.Section(id: "drops", title: "Dropped choices", body: [Figure.row([chart.html])])
    }

    private func dropSeries(_ rank: Int, _ run: Int) -> LineChart.Series {
        let points = reports[run].layers.enumerated().compactMap { place, layer in
            rank < layer.dropRates.count
                ? (x: Double(place), y: layer.dropRates[rank], interval: layer.dropInterval(rank)) : nil
        }
        return .init(
            named("rank \(rank + 1)", run), measured: points, color: [0, 1, 7, 5][rank], isDashed: run == 1)
    }
}

extension LayerReport {
    func dropInterval(_ rank: Int) -> Interval? {
        guard let rates = intervals.dropRates, rates.indices.contains(rank) else { return nil }
        return rates[rank]
    }
}
