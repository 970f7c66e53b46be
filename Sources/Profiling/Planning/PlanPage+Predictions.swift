extension PlanPage {
    /// Predicted against measured times.
    var predictions: HTMLPage.Section? {
        guard report.predictions().count > 0 else { return nil }
        return HTMLPage.Section(id: "predictions", title: "How good predictions are", body: [scatter])
    }

    private var scatter: String {
        let chart = ScatterChart(
            series: names.map { name in
                ScatterChart.Series(name: name.clipped(24), points: report.loads.compactMap { point($0, name) })
            }, xLabel: "predicted, milliseconds", yLabel: "measured, milliseconds",
            tolerance: PredictionError.tolerance,
            paleName: "repeated measurements differ by more than \(PredictionError.tolerance.percent)")
        let all = report.predictions()
        return Figure(
            title: "Predicted and measured times", takeaway: said(all),
            explanation: """
                One dot for each load and strategy. Dots above the line took longer than predicted. A strategy's costs were \
                measured once, for one row of weights at a time, and no load was looked at before it was predicted.
                """,
            drawing: chart.drawing, legend: chart.legend, table: byStrategy
        ).html
    }

    private func point(_ load: PlanReport.Load, _ name: String) -> ScatterChart.Point? {
        guard let strategy = load.strategies.first(where: { $0.name == name }), let predicted = strategy.predicted,
            let measured = strategy.measured
        else { return nil }
        return ScatterChart.Point(
            x: 1000 * predicted, y: 1000 * measured, isPale: (strategy.spread ?? 0) > PredictionError.tolerance,
            hint: """
                \(name), \(report.rowName) \(load.row), \(report.columnName) \(load.column): predicted \
                \(predicted.milliseconds) ms, measured \(measured.milliseconds) ms
                """)
    }

    /// "Off by 5 % on average …"
    private func said(_ all: PredictionError) -> String {
        let certain = all.certain
        let noise =
            certain.count == all.count || certain.count == 0
            ? ""
            : """
             Of the \(certain.count.grouped) whose repeated measurements differ by at most \
            \(PredictionError.tolerance.percent): off by \(certain.meanError.percent), \(certain.withinTolerance.grouped) \
            within it.
            """
        return """
            Predictions are off by \(all.meanError.percent) on average, and \(all.withinTolerance.grouped) of \
            \(all.count.grouped) within \(PredictionError.tolerance.percent); predicted and measured times have a correlation \
            of \(all.correlation.fixed(3)).\(noise)
            """
    }

    private var byStrategy: String {
        let rows = (names.map { ($0.clipped(24), report.predictions(of: $0)) } + [("all", report.predictions())])
            .filter { $0.1.count > 0 }
        return HTMLPage.table(
            caption: "How far predictions are from what was measured",
            head: [
                "strategy", "times", "mean error", "measured over predicted, median",
                "within \(PredictionError.tolerance.percent)", "correlation",
            ],
            rows: rows.map { name, error in
                [
                    name, error.count.grouped, error.meanError.percent, error.medianRatio.fixed(3),
                    error.withinTolerance.grouped, error.correlation.fixed(3),
                ]
            })
    }
}
