/// Amounts as bars that stand beside each other; of several series, those of the same place together.
struct BarChart: Sendable {
    struct Series: Sendable {
        var name: String
        var values: [Double]
        /// Where the values lie with 95 % confidence; empty where that is not known.
        var intervals: [Interval?] = []
        /// The bar that is meant by the figure's sentence.
        var emphasized: Int?

        fileprivate func interval(_ place: Int) -> Interval? {
            guard intervals.indices.contains(place), let interval = intervals[place], interval.low.isFinite,
                interval.high.isFinite
            else { return nil }
            return interval
        }
    }

    var names: [String]
    var series: [Series]
    var text: @Sendable (Double) -> String

    private let height = 300.0

    var drawing: Drawing {
        let axis = axis
        let (left, right) = (LineChart.margin.left, Drawing.width - LineChart.margin.right)
        let grid = axis.ticks.map { tick in
            Drawing.line(left, y(tick, axis), right, y(tick, axis), style: "grid")
                + Drawing.text(text(tick), x: left - 8, y: y(tick, axis), anchor: "end")
        }
        let bars = series.indices.flatMap { run in series[run].values.indices.map { bar(run, $0, axis) } }
        let labels = Axis(things: names.count, labels: 9).ticks.filter { Int($0) < names.count }.map { place in
            Drawing.text(names[Int(place)], x: left + (place + 0.5) * room, y: bottom + 5, dy: ".85em")
        }
        return Drawing(height: height, marks: grid + bars + labels, alternative: alternative)
    }

    /// What the signs mean, where there is more than the figure's title says.
    var legend: String {
        let runs: [(sign: Legend.Sign, name: String)] =
            series.count == 1 ? [] : series.indices.map { (.box(style($0) + " strong"), series[$0].name) }
        let certainty: [(sign: Legend.Sign, name: String)] =
            hasIntervals ? [(.upright("confidence bars"), "vertical lines: 95 % confidence")] : []
        return runs.isEmpty && certainty.isEmpty ? "" : Legend(entries: runs + certainty).html
    }

    private var bottom: Double { height - LineChart.margin.bottom }
    private var room: Double {
        (Drawing.width - LineChart.margin.left - LineChart.margin.right) / Double(max(names.count, 1))
    }

    private var axis: Axis {
        let ends = series.flatMap { series in
            series.values.indices.compactMap { series.interval($0) }.flatMap { [$0.low, $0.high] }
        }
        return Axis(series.flatMap(\.values) + ends + [0], count: 4)
    }

    private func y(_ value: Double, _ axis: Axis) -> Double {
        bottom - axis.share(value) * (bottom - LineChart.margin.top)
    }

    private var hasIntervals: Bool {
        series.contains { series in series.values.indices.contains { series.interval($0) != nil } }
    }

    private func style(_ run: Int) -> String { run == 0 ? "bar" : "bar other" }

    private func bar(_ run: Int, _ place: Int, _ axis: Axis) -> String {
        let (series, width) = (series[run], 0.8 * room / Double(series.count))
        let x = LineChart.margin.left + (Double(place) + 0.1) * room + Double(run) * width
        let (value, interval) = (series.values[place], series.interval(place))
        let box = Drawing.box(
            x, y(value, axis), self.series.count == 1 ? width : width - 1.5, bottom - y(value, axis),
            style: style(run) + (series.emphasized == place ? " strong" : ""), title: said(series, place))
        return box
            + (interval.map {
                Drawing.line(
                    x + width / 2, y($0.low, axis), x + width / 2, y($0.high, axis), style: "confidence bars")
            } ?? "")
    }

    private func said(_ series: Series, _ place: Int) -> String {
        let name = names.indices.contains(place) ? names[place] : ""
        return "\(name): \(text(series.values[place]))\(series.interval(place).note(text))"
    }

    /// Every bar of the first places.
    private var alternative: String {
        let said = series.map { series in
            let bars = series.values.indices.prefix(16).map { self.said(series, $0) }.joined(separator: "; ")
            return self.series.count == 1 ? bars : "\(series.name) \(bars)"
        }
        return said.joined(separator: ". ") + (hasIntervals ? ". In parentheses: 95 % confidence." : ".")
    }

    /// Bars alone, for a small picture among others of its kind.
    static func small(_ values: [Int], label: String) -> String {
        let greatest = Double(max(values.max() ?? 1, 1))
        let room = 100 / Double(max(values.count, 1))
        let bars = values.enumerated().map { place, value in
            let height = 40 * Double(value) / greatest
            return Drawing.box(Double(place) * room + 0.5, 41 - height, room - 1, height, style: "bar")
        }
        return """
            <svg viewBox="0 0 100 42" role="img" aria-label="\(label.escapedForHTML)">\(bars.joined())\
            \(Drawing.line(0, 41.5, 100, 41.5, style: "grid"))</svg>
            """
    }
}
