extension ReportPage {
    /// Whether one knows where a token goes by where it comes from.
    var transitions: HTMLPage.Section? {
        guard !report.transitions.isEmpty else { return nil }
        return HTMLPage.Section(
            id: "transitions", title: "From layer to layer",
            body: [Figure.row([recall] + reports.indices.compactMap(strongestStep))])
    }

    private var recall: String {
        let means = (
            recall: report.transitions.map(\.recall).mean, popularity: report.transitions.map(\.popularityRecall).mean,
            chance: report.transitions.map(\.chanceRecall).mean
        )
        var series: [LineChart.Series] = []
        for run in reports.indices {
            series.append(recallSeries("by the experts of the layer before", run, color: 0, \.recall))
            series.append(recallSeries("by popularity alone", run, color: 1, \.popularityRecall))
        }
        series.append(recallSeries("by chance", 0, color: 7, \.chanceRecall))
        var chart = LineChart(
            title: "Guessing the experts of the next layer", xLabel: "layer that is guessed",
            yLabel: "share of visits guessed",
            series: series)
        (chart.level, chart.isHalf) = (3, true)
        chart.names = RoutingReport.labels(report.transitions.map(\.to))
        (chart.areShares, chart.startsAtZero) = (true, true)
        chart.explanation =
            "Learned on the first half of the tokens, counted on the second, with as many guesses as visits."
        chart.takeaway = """
            The experts of the layer before give \(means.recall.percent) of the next visits; popularity alone gives \
            \(means.popularity.percent), chance \(means.chance.percent).
            """
        chart.table = HTMLPage.table(
            caption: "Guesses that were right",
            head: ["from", "to", "by the layer before", "by popularity", "by chance", "mutual information, nats"],
            rows: report.transitions.map {
                [
                    $0.from, $0.to, $0.recall.percent, $0.popularityRecall.percent, $0.chanceRecall.percent,
                    $0.mutualInformation.fixed(3),
                ]
            })
        return chart.html
    }

    private func recallSeries(_ name: String, _ run: Int, color: Int, _ value: (TransitionReport) -> Double)
        -> LineChart.Series
    {
        let points = reports[run].transitions.enumerated().map { (x: Double($0.offset), y: value($0.element)) }
        return .init(named(name, run), points, color: color, isDashed: run == 1, hasDots: true)
    }

    /// The matrix of the pair of layers where the layer before tells most.
    private func strongestStep(_ run: Int) -> String? {
        guard
            let most = reports[run].transitions.max(by: { $0.gain < $1.gain })
        else { return nil }
        let (from, to) = (most.from.clipped(24), most.to.clipped(24))
        let table = HTMLPage.table(
            caption: "Most telling steps from layer \(from) to layer \(to)",
            head: ["from expert", "to expert", "tokens", "P(to | from)"],
            rows: most.top.prefix(16).map { ["\($0.first)", "\($0.second)", $0.count.grouped, $0.probability.percent] })
        guard let counts = most.counts, let values = Self.overPopularity(counts) else { return "<div>\(table)</div>" }
        var map = HeatMap(
            rows: counts.indices.map { "\($0)" }, columns: (counts.first ?? []).indices.map { "\($0)" }, values: values)
        (map.rowName, map.columnName) = ("from expert", "to expert")
        let first = most.top.first.map {
            "\($0.probability.percent) of the tokens of expert \($0.first) go on to expert \($0.second)"
        }
        return Figure(
            title: named("Steps from layer \(from) to layer \(to)", run),
            takeaway: (first ?? "No step stands out")
                + "; knowing the expert before, \(most.recall.percent) of the guesses are right, by popularity "
                + "\(most.popularityRecall.percent).",
            explanation: "P(to | from) over the share that the expert has of all visits. Rows are the layer before.",
            drawing: map.drawing, legend: map.legend("seldom taken", "often taken", empty: "never"), table: table,
            isHalf: true
        ).html
    }

    /// Steps over what they would be if the layers had nothing to do with each other.
    private static func overPopularity(_ counts: [[Int]]) -> [[Double]]? {
        guard let width = counts.first?.count, counts.allSatisfy({ $0.count == width }) else { return nil }
        let rows = counts.map { $0.reduce(0.0) { $0 + Double($1) } }
        let columns = (0..<width).map { column in counts.reduce(0.0) { $0 + Double($1[column]) } }
        let total = rows.reduce(0, +)
        return counts.enumerated().map { row, counts in
            counts.enumerated().map { column, count in
                let expected = rows[row] * columns[column] / total
                return expected > 0 ? Double(count) / expected : .nan
            }
        }
    }
}
