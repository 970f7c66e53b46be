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
                        named("measured", run), drift.windows.map { (Double($0.firstToken), $0.divergence) },
                        color: run,
                        isDashed: run == 1, hasDots: true)
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
                    ", most of all the one from token \($0.firstToken.grouped) on (\($0.divergence.fixed(3)))."
                } ?? ".")
        chart.table = HTMLPage.table(
            caption: "Stretches of the trace", head: ["from token", "tokens", "divergence", "max/mean"],
            rows: drift.windows.map {
                [$0.firstToken.grouped, $0.tokens.grouped, $0.divergence.fixed(4), $0.maxOverMean.brief]
            })
        return HTMLPage.Section(id: "drift", title: "Drift", body: [Figure.row([chart.html])])
    }

    /// How the routes of the same tokens change over checkpoints.
    var learning: HTMLPage.Section? {
        guard let learning = report.learning, learning.steps.count > 1, !learning.layers.isEmpty else { return nil }
        let saturation = curves("Saturation", "share of the final experts", \.saturation) { first, _, _ in
            "At step \(learning.steps[0].grouped) tokens have \(first.percent) of the experts that they have at the end."
        }
        let fluctuation = curves("Fluctuation", "share of tokens that changed", offset: 1, \.fluctuation) {
            first, last, _ in
            "\(first.percent) of the tokens change their first expert in the first stretch, \(last.percent) in the last."
        }
        let settled = curves("Settled tokens", "share of tokens", \.settled) { first, _, half in
            "\(first.percent) have their final first expert from the first look on"
                + (first < 0.5 ? half.map { ", half of the tokens from step \($0.grouped) on." } ?? "." : ".")
        }
        let balance = curves("Balance while learning", "max/mean", areShares: false, \.maxOverMean) {
            first, last, _ in
            "On average the busiest expert does \(first.brief) times its share at first and \(last.brief) times at the end."
        }
        let agreement = curves("Training and generation", "share of experts in common", \.agreement) {
            first, last, _ in
            "The form that trains and the one that generates agree on \(last.percent) of the experts at the end (\(first.percent) at first)."
        }
        let haveDrops = learning.layers.contains { $0.meanDropRates.contains { $0 > 0 } }
        let drops =
            haveDrops
            ? curves("Dropped while training", "share of choices", \.meanDropRates) { first, last, _ in
                "Capacities turn away \(first.percent) of the choices at first and \(last.percent) at the end."
            } : nil
        return HTMLPage.Section(
            id: "learning", title: "While it learned",
            body: [
                HTMLPage.paragraph(
                    "The same tokens at \(learning.steps.count) checkpoints, from step \(learning.steps[0].grouped) to "
                        + "\(learning.steps[learning.steps.count - 1].grouped)."),
                Figure.row([losses, saturation, fluctuation, settled, balance, agreement, drops].compactMap { $0 }),
            ])
    }

    private var losses: String? {
        guard let learning = report.learning, let first = learning.losses.first, let last = learning.losses.last else {
            return nil
        }
        var chart = LineChart(
            title: "Loss", xLabel: "step", yLabel: "nats per token",
            series: reports.enumerated().compactMap { run, report in
                report.learning.map {
                    .init(
                        named("on the tokens looked at", run), zip($0.steps, $0.losses).map { (Double($0), $1) },
                        color: run,
                        isDashed: run == 1, hasDots: true)
                }
            })
        (chart.level, chart.isHalf) = (3, true)
        chart.takeaway = "From \(first.brief) to \(last.brief) nats per token."
        return chart.html
    }

    /// A measure over the steps: a curve for each of few layers, else their mean and their range.
    ///
    /// - Parameters:
    ///   - offset: the first step that has a value.
    ///   - say: a sentence of the first and the last mean, and the first step at which the mean reaches a half.
    private func curves(
        _ title: String, _ yLabel: String, offset: Int = 0, areShares: Bool = true,
        _ value: (LearningReport.Layer) -> [Double], _ say: (Double, Double, Int?) -> String
    ) -> String? {
        guard let learning = report.learning else { return nil }
        let means = means(learning, offset, value)
        guard let first = means.first, let last = means.last else { return nil }
        var chart = LineChart(title: title, xLabel: "step", yLabel: yLabel, series: [])
        (chart.level, chart.isHalf, chart.areShares) = (3, true, areShares)
        chart.startsAtZero = areShares
        if other == nil, learning.layers.count <= 6, learning.layers.count > 1 {
            chart.series = learning.layers.enumerated().map { place, layer in
                let points = zip(learning.steps.dropFirst(offset), value(layer)).map { (x: Double($0), y: $1) }
                return .init("layer \(layer.layer.clipped(16))", points, color: [0, 1, 2, 3, 4, 5][place])
            }
        } else {
            chart.series = reports.enumerated().compactMap { run, report in
                report.learning.map {
                    .init(
                        named("mean of the layers", run), self.means($0, offset, value), color: run, isDashed: run == 1)
                }
            }
            chart.bands = [range(learning, offset, value)]
        }
        chart.takeaway = say(first.y, last.y, means.first { $0.y >= 0.5 }.map { Int($0.x) })
        chart.table = HTMLPage.table(
            caption: title, head: ["layer"] + learning.steps.dropFirst(offset).map(\.grouped),
            rows: learning.layers.map { [$0.layer] + value($0).map { areShares ? $0.percent : $0.brief } })
        return chart.html
    }

    private func means(
        _ learning: LearningReport, _ offset: Int, _ value: (LearningReport.Layer) -> [Double]
    ) -> [(x: Double, y: Double)] {
        let values = learning.layers.map(value)
        return learning.steps.dropFirst(offset).enumerated().compactMap { place, step in
            let known = values.compactMap { place < $0.count && $0[place].isFinite ? $0[place] : nil }
            return known.isEmpty ? nil : (Double(step), known.mean)
        }
    }

    private func range(
        _ learning: LearningReport, _ offset: Int, _ value: (LearningReport.Layer) -> [Double]
    ) -> LineChart.Band {
        let values = learning.layers.map(value)
        let points = learning.steps.dropFirst(offset).enumerated().compactMap {
            place, step -> (Double, Double, Double)? in
            let known = values.compactMap { place < $0.count && $0[place].isFinite ? $0[place] : nil }
            guard let least = known.min(), let greatest = known.max() else { return nil }
            return (Double(step), least, greatest)
        }
        return .init(name: "all layers", points: points.map { (x: $0.0, low: $0.1, high: $0.2) })
    }
}

extension LearningReport.Layer {
    /// For each step, the mean over the ranks.
    fileprivate var meanDropRates: [Double] { dropRates.map { $0.nonEmpty?.mean ?? 0 } }
}
