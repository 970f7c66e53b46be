/// A layer's measure over the steps, with what is known of how certain it is.
typealias LearningCurve = (values: [Double], intervals: [Interval?])

extension ReportPage {
    private typealias Point = (x: Double, y: Double, interval: Interval?)

    /// A measure over the steps: a curve for each of few layers, else their mean and their range.
    ///
    /// - Parameters:
    ///   - offset: the first step that has a value.
    ///   - say: a sentence of the first and the last mean, and the first step at which the mean reaches a half, if that is not
    ///     the first one.
    func curves(
        _ title: String, _ yLabel: String, offset: Int = 0, areShares: Bool = true,
        _ curve: (LearningReport.Layer) -> LearningCurve,
        _ say: (String, String, Int?) -> String
    ) -> String? {
        guard let learning = report.learning else { return nil }
        let means = means(learning, offset, curve)
        guard let first = means.first, let last = means.last else { return nil }
        let number: (Double) -> String = { areShares ? $0.percent : $0.brief }
        var chart = LineChart(title: title, xLabel: "step", yLabel: yLabel, series: [])
        (chart.level, chart.isHalf, chart.areShares) = (3, true, areShares)
        chart.startsAtZero = areShares
        if other == nil, learning.layers.count <= 6, learning.layers.count > 1 {
            chart.series = learning.layers.enumerated().map { place, layer in
                .init(
                    "layer \(layer.layer.clipped(16))", measured: Self.points(learning, offset, curve(layer)),
                    color: place, hasDots: false)
            }
        } else {
            chart.series = reports.enumerated().compactMap { run, report in
                report.learning.map {
                    .init(
                        named("mean of the layers", run), measured: self.means($0, offset, curve), color: run,
                        isDashed: run == 1, hasDots: false)
                }
            }
            chart.bands = [range(learning, offset, curve)]
        }
        let half = first.y < 0.5 ? means.first { $0.y >= 0.5 }.map { Int($0.x) } : nil
        chart.takeaway = say(
            number(first.y) + first.interval.note(number), number(last.y) + last.interval.note(number), half)
        chart.table = reports.indices.map { curveTable($0, title, offset, curve, number) }.joined()
        return chart.html
    }

    private func curveTable(
        _ run: Int, _ title: String, _ offset: Int, _ curve: (LearningReport.Layer) -> LearningCurve,
        _ number: (Double) -> String
    ) -> String {
        guard let learning = reports[run].learning else { return "" }
        return HTMLPage.table(
            caption: named(title, run), head: ["layer"] + learning.steps.dropFirst(offset).map(\.grouped),
            cells: learning.layers.map { layer in
                [.init(layer.layer)]
                    + Self.points(learning, offset, curve(layer)).map { .init($0.y, $0.interval, number) }
            })
    }

    private static func points(
        _ learning: LearningReport, _ offset: Int, _ curve: LearningCurve
    ) -> [Point] {
        zip(learning.steps.dropFirst(offset), curve.values).enumerated().map { place, point in
            let interval = curve.intervals.indices.contains(place) ? curve.intervals[place] : nil
            return (Double(point.0), point.1, interval)
        }
    }

    private func means(_ learning: LearningReport, _ offset: Int, _ curve: (LearningReport.Layer) -> LearningCurve)
        -> [Point]
    {
        atSteps(learning, offset, curve).map { ($0.step, $0.points.map(\.y).mean, $0.points.map(\.interval).mean) }
    }

    private func range(_ learning: LearningReport, _ offset: Int, _ curve: (LearningReport.Layer) -> LearningCurve)
        -> LineChart.Band
    {
        let ends = atSteps(learning, offset, curve).map { step, points in
            let values = points.map(\.y).sorted()
            return (x: step, low: values.first ?? .nan, high: values.last ?? .nan)
        }
        return .init(name: "all layers", points: ends)
    }

    /// The layers' points at each step that has any.
    private func atSteps(_ learning: LearningReport, _ offset: Int, _ curve: (LearningReport.Layer) -> LearningCurve)
        -> [(step: Double, points: [Point])]
    {
        let layers = learning.layers.map { Self.points(learning, offset, curve($0)) }
        return learning.steps.dropFirst(offset).enumerated().compactMap { place, step in
            let known = layers.compactMap { place < $0.count && $0[place].y.isFinite ? $0[place] : nil }
            return known.isEmpty ? nil : (Double(step), known)
        }
    }
}

extension LearningReport.Layer {
    var saturationCurve: LearningCurve { (saturation, intervals?.saturation ?? []) }
    var fluctuationCurve: LearningCurve { (fluctuation, intervals?.fluctuation ?? []) }
    var settledCurve: LearningCurve { (settled, intervals?.settled ?? []) }
    var maxOverMeanCurve: LearningCurve { (maxOverMean, intervals?.maxOverMean ?? []) }
    var agreementCurve: LearningCurve { (agreement, intervals?.agreement ?? []) }

    /// For each step, the mean over the ranks.
    var dropCurve: LearningCurve {
        let intervals = intervals?.dropRates ?? []
        let means = dropRates.indices.map { step in
            let known = intervals.indices.contains(step) ? intervals[step] : []
            return known.count == dropRates[step].count ? known.mean : nil
        }
        return (dropRates.map { $0.nonEmpty?.mean ?? 0 }, means)
    }
}
