extension ReportPage {
    /// How the routes of the same tokens change over checkpoints.
    var learning: HTMLPage.Section? {
        guard let learning = report.learning, learning.steps.count > 1, !learning.layers.isEmpty else { return nil }
        let saturation = curves("Saturation", "share of the final experts", \.saturationCurve) { first, _, _ in
            "At step \(learning.steps[0].grouped) tokens have \(first) of the experts that they have at the end."
        }
        let fluctuation = curves("Fluctuation", "share of tokens that changed", offset: 1, \.fluctuationCurve) {
            first, last, _ in
            "\(first) of the tokens change their first expert in the first stretch, \(last) in the last."
        }
        let settled = curves("Settled tokens", "share of tokens", \.settledCurve) { first, _, half in
            "\(first) have their final first expert from the first look on"
                + (half.map { ", half of the tokens from step \($0.grouped) on." } ?? ".")
        }
        let balance = curves("Balance while learning", "max/mean", areShares: false, \.maxOverMeanCurve) {
            first, last, _ in
            "On average the busiest expert does \(first) times its share at first and \(last) times at the end."
        }
        let agreement = curves("Training and generation", "share of experts in common", \.agreementCurve) {
            first, last, _ in
            "The form that trains and the one that generates agree on \(last) of the experts at the end, on \(first) at first."
        }
        let haveDrops = learning.layers.contains { $0.dropCurve.values.contains { $0 > 0 } }
        let drops =
            haveDrops
            ? curves("Dropped while training", "share of choices", \.dropCurve) { first, last, _ in
                "Capacities turn away \(first) of the choices at first and \(last) at the end."
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
}
