extension PlanPage {
    /// Which strategy is fastest where, and what the others take.
    var fastest: HTMLPage.Section? {
        guard names.count > 1, report.loads.contains(where: { !$0.measured.isEmpty }) else { return nil }
        let maps = [
            winners("The fastest", fastestTakeaway, measuredCell),
            winners("Predicted to be the fastest", predictedTakeaway, predictedCell),
        ]
        let curves = [timesOverTokens, regret].compactMap { $0 }
        return HTMLPage.Section(
            id: "fastest", title: "Which strategy is fastest where",
            body: (report.columns.count > 4 ? maps : [Figure.row(maps)]) + [Figure.row(names.map(slowdowns))]
                + (curves.count > 1 ? [Figure.row(curves)] : curves))
    }

    /// Maps of few columns stand beside each other.
    private var mapsAreHalf: Bool { report.columns.count <= 4 }

    // MARK: Winners

    private func winners(
        _ title: String, _ takeaway: String, _ cell: (PlanReport.Load) -> KindMap.Cell?
    ) -> String {
        let (rows, columns) = (report.rows, report.columns)
        let map = KindMap(
            kinds: names.map { $0.clipped(24) }, rows: rows.map { $0.clipped(12) },
            columns: columns.map { $0.clipped(12) },
            cells: rows.map { row in columns.map { report.load(row: row, column: $0).flatMap(cell) } },
            rowName: report.rowName, columnName: report.columnName)
        return Figure(
            title: title, takeaway: takeaway,
            explanation: "From top to bottom: \(report.rowName). The stronger the color, the more it matters. "
                + (title == "The fastest"
                    ? "Numbers: by how many percent the next takes longer."
                    : "Numbers: by how many percent it takes longer than the fastest."),
            drawing: map.drawing, legend: map.legend, isHalf: mapsAreHalf
        ).html
    }

    private func measuredCell(_ load: PlanReport.Load) -> KindMap.Cell? {
        guard let name = load.measured.first?.name, let kind = names.firstIndex(of: name) else { return nil }
        let lead = load.lead.map { lead in ", \(load.measured[1].name) takes \(Self.longer(1 + lead))" } ?? ""
        return KindMap.Cell(
            kind: kind, clarity: load.isClear ? Self.clarity(load.lead ?? 0) : 0,
            text: text(name, load.lead),
            hint: "\(name)\(lead)\(load.isClear ? "" : ", which may be chance")")
    }

    private func predictedCell(_ load: PlanReport.Load) -> KindMap.Cell? {
        guard let name = load.predictedFastest, let kind = names.firstIndex(of: name) else { return nil }
        let loss = load.slowdown(of: name) - 1
        return KindMap.Cell(
            kind: kind, clarity: loss > 0 ? Self.clarity(loss) : 0, text: text(name, loss),
            hint: loss.isFinite ? "\(name), takes \(Self.longer(1 + loss)) than the fastest" : "\(name), not measured")
    }

    private static func clarity(_ share: Double) -> Int { [0.02, 0.1, 0.35].count { share >= $0 } }

    /// Narrow cells have room for three digits.
    private func text(_ name: String, _ share: Double?) -> String {
        let percent = share.flatMap { $0.isFinite ? min(999, max(0, 100 * $0)).fixed(0) : nil }
        guard report.columns.count <= 2 else { return percent ?? "" }
        return name.clipped(12) + (percent.map { ", \($0)\u{202F}%" } ?? "")
    }

    private var fastestTakeaway: String {
        let found = wins.filter { $0.count > 0 }.sorted { $0.count > $1.count }
        let clear = report.loads.count { $0.isClear }
        return found.map { "\($0.name.clipped(24)) for \($0.count)" }.joined(separator: ", ").capitalizedFirst
            + " of \(report.loads.count.counted("load")); for \(clear) by more than repeated measurements differ."
    }

    private var predictedTakeaway: String {
        let slowdowns = report.slowdownsByPrediction
        guard !slowdowns.isEmpty else { return "Nothing was predicted." }
        let right = report.loads.count { $0.predictedFastest != nil && $0.predictedFastest == $0.measured.first?.name }
        return """
            Right for \(right) of \(slowdowns.count.counted("load")); it takes \(Self.longer(slowdowns.mean)) than the fastest \
            on average, at worst \(Self.longer(slowdowns.max() ?? 1)).
            """
    }

    // MARK: Each strategy

    private func slowdowns(_ name: String) -> String {
        let (rows, columns) = (report.rows, report.columns)
        let map = HeatMap(
            rows: rows.map { $0.clipped(12) }, columns: columns.map { $0.clipped(12) },
            values: rows.map { row in
                columns.map { report.load(row: row, column: $0)?.slowdown(of: name) ?? .nan }
            }, rowName: report.rowName, columnName: report.columnName)
        let found = report.slowdowns(of: name)
        let takeaway =
            found.isEmpty
            ? "It cannot do any of the loads."
            : "Takes \((found.mean).brief) times as long as the fastest on average, at worst \((found.max() ?? 1).brief) times."
        return Figure(
            title: name.clipped(24), takeaway: takeaway, drawing: map.drawing,
            legend: name == names.last ? map.legend(nil, "takes longer than the fastest", empty: nil) : "",
            table: map.table("\(name.clipped(24)): time over that of the fastest"), isHalf: true
        ).html
    }

    // MARK: Over tokens

    /// Of the first row, where loads of several sizes are like each other.
    private var timesOverTokens: String? {
        guard let row = report.rows.first else { return nil }
        let loads = report.loads.filter { $0.row == row && $0.tokens > 0 }
        guard Set(loads.map(\.tokens)).count > 2 else { return nil }
        let series = names.enumerated().map { index, name in
            LineChart.Series(
                name.clipped(24),
                loads.compactMap { load in
                    let seconds = load.strategies.first { $0.name == name }?.measured
                    return seconds.map { (Double(load.tokens), 1e6 * $0 / Double(load.tokens)) }
                }, color: index, hasDots: true)
        }
        var chart = LineChart(
            title: "Time for each token, \(report.rowName) \(row.clipped(12))", xLabel: "tokens",
            yLabel: "microseconds",
            series: series)
        (chart.level, chart.isHalf, chart.isLogarithmic) = (3, true, true)
        if let first = loads.first, let last = loads.last, let one = first.measured.first?.measured,
            let many = last.measured.first?.measured
        {
            let each = [one / Double(first.tokens), many / Double(last.tokens)].map { (1e6 * $0).brief }
            chart.takeaway = """
                \(first.tokens.counted("token")) together: \(each[0]) microseconds each; \(last.tokens.grouped): \(each[1]), \
                by whatever is fastest.
                """
        }
        return chart.html
    }

    // MARK: Regret

    private var regret: String? {
        let byPrediction = report.slowdownsByPrediction
        let found = names.map { ($0.clipped(24), report.slowdowns(of: $0)) }.filter { !$0.1.isEmpty }
        let all = found + (byPrediction.isEmpty ? [] : [("predicted", byPrediction)])
        guard all.count > 2 else { return nil }
        let chart = BarChart(
            names: all.map { $0.0.clipped(10) },
            series: [
                BarChart.Series(
                    name: "longer", values: all.map { max(0, $0.1.mean - 1) },
                    emphasized: byPrediction.isEmpty ? nil : all.count - 1)
            ], text: { $0.percent })
        let best = found.min { $0.1.mean < $1.1.mean } ?? found[0]
        let chosen =
            byPrediction.isEmpty
            ? "" : ", what is predicted to be the fastest \(Self.longer(byPrediction.mean))"
        return Figure(
            title: "Always the same strategy", takeaway: "Always \(best.0) takes \(Self.longer(best.1.mean))\(chosen).",
            explanation: "How much longer than the fastest of each load, on average over the loads.",
            drawing: chart.drawing, legend: chart.legend,
            table: HTMLPage.table(
                caption: "Time over that of the fastest", head: ["strategy", "mean", "greatest", "fastest for"],
                rows: all.map { name, slowdowns in
                    [
                        name, slowdowns.mean.fixed(3), (slowdowns.max() ?? .nan).fixed(3),
                        "\(slowdowns.count { $0 <= 1 }) of \(slowdowns.count)",
                    ]
                }), isHalf: true
        ).html
    }
}
