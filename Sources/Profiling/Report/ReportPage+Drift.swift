extension ReportPage {
    /// How loads change from the beginning of the trace to its end.
    var drift: HTMLPage.Section? {
        guard let drift = report.drift, !drift.windows.isEmpty else { return nil }
        let beyond = drift.windowsBeyondChance
        let most = drift.windows.max { $0.divergence < $1.divergence }
        var chart = LineChart(
            title: "How far each stretch of the trace is from the rest", xLabel: "first token of the stretch",
            yLabel: "Jensen–Shannon divergence, bits",
            series: reports.enumerated().compactMap { run, report in
                report.drift.map { drift in
                    .init(
                        named("measured", run),
                        measured: drift.windows.map { (Double($0.firstToken), $0.divergence, $0.interval) },
                        color: run, isDashed: run == 1)
                }
            })
        (chart.level, chart.isHalf) = (3, true)
        chart.startsAtZero = true
        let ends = [drift.windows[0].firstToken, drift.windows[drift.windows.count - 1].firstToken]
        chart.bands = [
            .init(
                name: "shuffled tokens, mean to 95th percentile",
                points: ends.map { (Double($0), drift.shuffledMean, drift.shuffledHigh) })
        ]
        chart.takeaway =
            beyond == 0
            ? "The loads of no stretch differ from the others' more than shuffled tokens would."
            : "\(beyond) of \(drift.windows.count) stretches differ from the rest more than one in twenty shuffled ones"
                + (most.map {
                    ", most of all the one from token \($0.firstToken.grouped) on, \($0.divergence.fixed(3)) bits"
                        + "\($0.interval.note { $0.fixed(3) })."
                } ?? ".")
        chart.table = reports.indices.map(windowTable).joined()
        return HTMLPage.Section(id: "drift", title: "Drift", body: [Figure.row([chart.html])])
    }

    private func windowTable(_ run: Int) -> String {
        guard let drift = reports[run].drift else { return "" }
        return HTMLPage.table(
            caption: named("Stretches of the trace", run), head: ["from token", "tokens", "divergence", "max/mean"],
            cells: drift.windows.map {
                [
                    .init($0.firstToken.grouped), .init($0.tokens.grouped),
                    .init($0.divergence, $0.interval) { $0.fixed(4) }, .init($0.maxOverMean.brief),
                ]
            })
    }
}
