extension ReportPage {
    /// Whether one knows where a token goes by where it comes from.
    var transitions: HTMLPage.Section? {
        guard !report.transitions.isEmpty else { return nil }
        return HTMLPage.Section(
            id: "transitions", title: "From layer to layer",
            body: [row(recall, reports.indices.compactMap(strongestStep))])
    }

    private var recall: String {
        let means = (
            recall: report.transitions.map(\.recall).mean, popularity: report.transitions.map(\.popularityRecall).mean,
            chance: report.transitions.map(\.chanceRecall).mean
        )
        let notes = (
            recall: report.transitions.map { $0.intervals?.recall }.mean.percentNote,
            popularity: report.transitions.map { $0.intervals?.popularityRecall }.mean.percentNote
        )
        var series: [LineChart.Series] = []
        for run in reports.indices {
            series.append(recallSeries("by the experts of the layer before", run, color: 0, \.recall, \.recall))
            series.append(recallSeries("by popularity alone", run, color: 1, \.popularityRecall, \.popularityRecall))
        }
        series.append(recallSeries("by chance", 0, color: 7, \.chanceRecall) { _ in nil })
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
            The experts of the layer before give \(means.recall.percent)\(notes.recall) of the next visits; popularity alone \
            gives \(means.popularity.percent)\(notes.popularity), chance \(means.chance.percent).
            """
        chart.table = reports.indices.map(recallTable).joined()
        return chart.html
    }

    private func recallTable(_ run: Int) -> String {
        HTMLPage.table(
            caption: named("Guesses that were right", run),
            head: [
                "from", "to", "by the layer before", "by popularity", "difference", "by chance",
                "mutual information, nats",
            ],
            cells: reports[run].transitions.map { step in
                let of = step.intervals
                return [
                    .init(step.from), .init(step.to), .init(step.recall, of?.recall, \.percent),
                    .init(step.popularityRecall, of?.popularityRecall, \.percent),
                    .init(step.gain, of?.gain, \.percent), .init(step.chanceRecall.percent),
                    .init(step.mutualInformation, of?.mutualInformation) { $0.fixed(3) },
                ]
            })
    }

    private func recallSeries(
        _ name: String, _ run: Int, color: Int, _ value: (TransitionReport) -> Double,
        _ interval: (TransitionReport.Intervals) -> Interval?
    ) -> LineChart.Series {
        let points = reports[run].transitions.enumerated().map {
            (x: Double($0), y: value($1), interval: $1.intervals.flatMap(interval))
        }
        return .init(named(name, run), measured: points, color: color, isDashed: run == 1)
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
            cells: most.top.prefix(16).map {
                [
                    .init("\($0.first)"), .init("\($0.second)"), .init($0.count.grouped),
                    .init($0.probability, $0.interval, \.percent),
                ]
            })
        guard let counts = most.counts, let values = Self.overPopularity(counts) else { return "<div>\(table)</div>" }
        var map = HeatMap(
            rows: counts.indices.map { "\($0)" }, columns: (counts.first ?? []).indices.map { "\($0)" }, values: values)
        (map.rowName, map.columnName) = ("from expert", "to expert")
        let first = most.top.first.map {
            "\($0.probability.percent)\($0.interval.percentNote) of the tokens of expert \($0.first) go on to expert \($0.second)"
        }
        return Figure(
            title: named("Steps from layer \(from) to layer \(to)", run),
            takeaway: (first ?? "No step stands out")
                + "; knowing the expert before, \(most.recall.percent)\((most.intervals?.recall).percentNote) of the "
                + "guesses are right, by popularity \(most.popularityRecall.percent)"
                + "\((most.intervals?.popularityRecall).percentNote).",
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
