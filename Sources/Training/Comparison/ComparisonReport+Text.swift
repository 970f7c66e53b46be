import Foundation
import Profiling

extension ComparisonReport {
    private static let head = [
        "router", "validation loss", "as trained", "train loss", "max/mean load", "worst layer", "dropped",
        "fluctuation",
        "late", "tokens/s", "parameters", "active",
    ]

    private var rows: [[String]] {
        routers.map { router in
            [
                router.variant, router.validationLoss.text(4), router.validationLossTrainingForm?.text(4) ?? "",
                router.trainLoss.text(4), router.maxOverMean.text(2), router.worstMaxOverMean.text(2),
                String(format: "%.1f %%", 100 * router.dropRate),
                String(format: "%.1f %%", 100 * router.fluctuation.mean),
                String(format: "%.1f %%", 100 * router.lateFluctuation.mean), String(Int(router.tokensPerSecond)),
                String(router.parameters), String(router.activeParameters),
            ]
        }
    }

    /// The table for a terminal.
    package var table: String {
        let lines = [Self.head] + rows
        let widths = Self.head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            line.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// A page with the table and the curves.
    package func page(title: String) -> String {
        HTMLPage(
            title: title,
            body: [
                HTMLPage.paragraph(
                    "Every router learned from the same texts, with the same seeds, steps and active parameters. ± is the "
                        + "standard deviation over the seeds. The validation loss is that of the form which generates text; "
                        + "“as trained” is that of the training form, for routers whose training form looks at later tokens."
                ),
                HTMLPage.table(caption: "Routers", head: Self.head, rows: rows),
                chart("Validation loss", "nats per token", last: \.validationLoss) { $0.validationLoss },
                chart("Greatest load of an expert over the mean, average of the layers", "max/mean") { entry in
                    entry.maxOverMean.map(Self.mean)
                },
                chart("Tokens of a fixed probe whose first expert changed since the look before", "share") { entry in
                    entry.fluctuation.map(Self.mean)
                },
            ]
        ).text
    }

    /// - Parameter last: the value after the last step, where the log does not have it.
    private func chart(
        _ title: String, _ yLabel: String, last: (TrainingReport) -> Double? = { _ in nil },
        _ value: (LogEntry) -> Double?
    ) -> String {
        LineChart(
            title: title, xLabel: "steps", yLabel: yLabel,
            series: routers.map { .init(name: $0.variant, points: curve(of: $0.variant, last, value)) }
        ).html
    }

    /// The mean over the seeds at each step where there is a value.
    private func curve(
        of variant: String, _ last: (TrainingReport) -> Double?, _ value: (LogEntry) -> Double?
    ) -> [(x: Double, y: Double)] {
        var values: [Int: [Double]] = [:]
        for run in runs where run.variant == variant {
            for entry in run.entries {
                if let value = value(entry) { values[entry.step, default: []].append(value) }
            }
            if let value = last(run.report) { values[run.report.steps, default: []].append(value) }
        }
        return values.sorted { $0.key < $1.key }.map { (Double($0.key), Self.mean($0.value)) }
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
}

extension ComparisonReport.Spread {
    fileprivate func text(_ digits: Int) -> String {
        let mean = String(format: "%.\(digits)f", mean)
        return deviation > 0 ? mean + String(format: " ± %.\(digits)f", deviation) : mean
    }
}
