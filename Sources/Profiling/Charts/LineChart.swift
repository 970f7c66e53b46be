/// Curves over a common axis, as SVG that takes its colors from the page around it.
///
/// Series are told apart by color and by dashes; the colors are Okabe and Ito's, which the color-blind can tell apart.
package struct LineChart: Sendable {
    package struct Series: Sendable {
        package var name: String
        package var points: [(x: Double, y: Double)]
        /// Which of the page's colors; nil: the next one.
        var color: Int?
        var isDashed = false
        var hasDots = false
        /// Where a point lies with 95 % confidence.
        package var whiskers: [(x: Double, low: Double, high: Double)] = []

        package init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
        }

        init(
            _ name: String, _ points: [(x: Double, y: Double)], color: Int, isDashed: Bool = false,
            hasDots: Bool = false
        ) {
            self.init(name: name, points: points)
            self.color = color
            self.isDashed = isDashed
            self.hasDots = hasDots
        }

        /// Points with what is known of how certain they are.
        init(
            _ name: String, measured: [(x: Double, y: Double, interval: Interval?)], color: Int, isDashed: Bool = false,
            hasDots: Bool = true
        ) {
            self.init(name, measured.map { ($0.x, $0.y) }, color: color, isDashed: isDashed, hasDots: hasDots)
            whiskers = measured.compactMap { point in
                guard let interval = point.interval, interval.low.isFinite, interval.high.isFinite, point.x.isFinite
                else { return nil }
                return (point.x, interval.low, interval.high)
            }
        }
    }

    /// Where values are expected.
    struct Band: Sendable {
        var name: String
        var points: [(x: Double, low: Double, high: Double)]
    }

    /// A line across the chart at a value.
    struct Reference: Sendable {
        var name: String
        var value: Double
        var isVertical = false
    }

    package var title: String
    package var xLabel: String
    package var yLabel: String
    package var series: [Series]
    var takeaway = ""
    var explanation = ""
    var bands: [Band] = []
    var references: [Reference] = []
    /// What the places 0, 1, 2 … of the horizontal axis are called; empty where it has numbers.
    var names: [String] = []
    var areShares = false
    var xAreShares = false
    var startsAtZero = false
    /// Whether equal ratios have equal room, on both axes.
    var isLogarithmic = false
    /// The name of the line where both axes are equal.
    var diagonal: String?
    /// What the whole horizontal axis is in bytes; it then has them too.
    var xBytes: Double?
    /// The end of the vertical axis, where it is not that of the values.
    var top: Double?
    var table = ""
    var isHalf = false
    /// The level of its heading.
    var level = 2

    package init(title: String, xLabel: String, yLabel: String, series: [Series]) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.series = series
    }

    static let margin = (left: 62.0, right: 14.0, top: 10.0, bottom: 28.0)
    private static let dashes = ["", "6 3", "2 3", "8 3 2 3"]
    /// Names of the page's colors, which it sets for light and dark.
    package static let colors = 8

    /// A `figure` with the chart, its legend, and a text alternative.
    package var html: String {
        Figure(
            title: title, takeaway: takeaway, explanation: explanation, drawing: drawing, legend: legend, table: table,
            isHalf: isHalf, level: level
        ).html
    }

    private var height: Double { (isHalf ? 300 : 250) + (xBytes == nil ? 0 : 22) }
    private var bottom: Double { height - Self.margin.bottom - (xBytes == nil ? 0 : 22) }

    private var drawing: Drawing {
        let axes = (x: xAxis, y: yAxis)
        return Drawing(
            height: height,
            marks: grid(axes) + bytes(axes) + bands.map { band($0, axes) } + references.map { reference($0, axes) }
                + (diagonal == nil ? [] : [equality(axes)])
                + series.indices.map { whiskers($0, axes) } + series.indices.map { curve($0, axes) },
            alternative: description, yLabel: yLabel, xLabel: xLabel)
    }

    /// Where each curve begins and ends, in words.
    private var description: String {
        let curves = series.compactMap { series -> String? in
            guard let first = series.points.first, let last = series.points.last else { return nil }
            return "\(series.name) from \(yText(first.y))\(note(series, at: first.x)) to "
                + "\(yText(last.y))\(note(series, at: last.x))"
        }
        let bands = bands.compactMap { band in
            band.points.first.map { "\(band.name) \(yText($0.low)) to \(yText($0.high))" }
        }
        let references = references.map { "\($0.name) at \($0.isVertical ? xText($0.value) : yText($0.value))" }
        let certainty = series.contains { !$0.whiskers.isEmpty } ? ". In parentheses: 95 % confidence" : ""
        return "\(yLabel) over \(xLabel): \((curves + bands + references).joined(separator: "; "))\(certainty)"
    }

    private func note(_ series: Series, at x: Double) -> String {
        let whisker = series.whiskers.first { $0.x == x }
        return whisker.map { " (\(Interval(low: $0.low, high: $0.high).text(yText)))" } ?? ""
    }

    private func yText(_ value: Double) -> String { areShares ? value.percent : value.short }
    private func xText(_ value: Double) -> String {
        if names.isEmpty { return xAreShares ? value.percent : value.short }
        return names.indices.contains(Int(value)) ? names[Int(value)] : ""
    }

    private var xAxis: Axis {
        if isLogarithmic { return Axis(ratiosOf: series.flatMap { $0.points.map(\.x) }) }
        return names.isEmpty
            ? Axis(series.flatMap { $0.points.map(\.x) } + (xAreShares ? [0] : []))
            : Axis([-0.5, Double(names.count) - 0.5])
    }

    private var yAxis: Axis {
        var values = series.flatMap { $0.points.map(\.y) }
        if isLogarithmic { return Axis(ratiosOf: values) }
        for point in bands.flatMap(\.points) { values += [point.low, point.high] }
        if certainty != .table { for whisker in series.flatMap(\.whiskers) { values += [whisker.low, whisker.high] } }
        for reference in references where !reference.isVertical { values.append(reference.value) }
        if startsAtZero { values.append(0) }
        if let top { values.append(top) }
        return Axis(values)
    }

    func x(_ value: Double, _ axis: Axis) -> Double {
        let share = names.isEmpty ? axis.share(value) : (value + 0.5) / Double(names.count)
        return Self.margin.left + share * (Drawing.width - Self.margin.left - Self.margin.right)
    }

    func y(_ value: Double, _ axis: Axis) -> Double {
        bottom - axis.share(value) * (bottom - Self.margin.top)
    }

    private func grid(_ axes: (x: Axis, y: Axis)) -> [String] {
        let (left, right) = (Self.margin.left, Drawing.width - Self.margin.right)
        let horizontal = axes.y.ticks.map { tick in
            Drawing.line(left, y(tick, axes.y), right, y(tick, axes.y), style: "grid")
                + Drawing.text(yText(tick), x: left - 8, y: y(tick, axes.y), anchor: "end")
        }
        let xTicks = names.isEmpty ? axes.x.ticks : Axis(things: names.count, labels: 9).ticks
        let vertical = xTicks.map { tick in
            let end = tick == axes.x.high ? "end" : tick == axes.x.low ? "start" : "middle"
            return Drawing.text(
                xText(tick), x: x(tick, axes.x), y: bottom + 5, dy: ".85em", anchor: names.isEmpty ? end : "middle")
        }
        return horizontal + vertical
    }

    private func bytes(_ axes: (x: Axis, y: Axis)) -> [String] {
        guard let xBytes else { return [] }
        // At every other place: sizes are longer than shares.
        return stride(from: axes.x.ticks.count - 1, to: 0, by: -2).map { place in
            let tick = axes.x.ticks[place]
            return Drawing.text(
                (tick * xBytes).inBytes, x: x(tick, axes.x), y: bottom + 5, dy: "2.05em",
                anchor: tick == axes.x.high ? "end" : "middle")
        }
    }

    private func equality(_ axes: (x: Axis, y: Axis)) -> String {
        Drawing.line(
            x(axes.x.low, axes.x), y(axes.x.low, axes.y), x(axes.x.high, axes.x), y(axes.x.high, axes.y),
            style: "reference")
    }

    private func band(_ band: Band, _ axes: (x: Axis, y: Axis)) -> String {
        let points = band.points.filter { $0.low.isFinite && $0.high.isFinite && $0.x.isFinite }
        guard let first = points.first, let last = points.last else { return "" }
        // Half a place wider on both sides, so that a single place has a band too.
        let half = names.isEmpty ? 0 : 0.5
        let ends =
            [(x: first.x - half, low: first.low, high: first.high)] + points
            + [(x: last.x + half, low: last.low, high: last.high)]
        let above = ends.map { "\(x($0.x, axes.x).place),\(y($0.high, axes.y).place)" }
        let below = ends.reversed().map { "\(x($0.x, axes.x).place),\(y($0.low, axes.y).place)" }
        return "<polygon class=\"band\" points=\"\((above + below).joined(separator: " "))\"/>"
    }

    private func reference(_ reference: Reference, _ axes: (x: Axis, y: Axis)) -> String {
        guard reference.value.isFinite else { return "" }
        guard reference.isVertical else {
            let y = y(reference.value, axes.y)
            return Drawing.line(Self.margin.left, y, Drawing.width - Self.margin.right, y, style: "reference")
        }
        let x = x(reference.value, axes.x)
        let isRight = x > Drawing.width * 0.6
        return Drawing.line(x, Self.margin.top, x, bottom, style: "reference")
            + Drawing.text(
                reference.name, x: isRight ? x - 6 : x + 6, y: Self.margin.top, dy: ".8em",
                anchor: isRight ? "end" : "start", style: "note")
    }

    func color(_ index: Int) -> Int { (series[index].color ?? index) % Self.colors }

    private func curve(_ index: Int, _ axes: (x: Axis, y: Axis)) -> String {
        let places = series[index].points.map { (x: x($0.x, axes.x), y: y($0.y, axes.y)) }
        let points = places.map { "\($0.x.place),\($0.y.place)" }.joined(separator: " ")
        let dots = hasDots(index) ? places : []
        return "<polyline class=\"curve color\(color(index))\"\(dash(index)) points=\"\(points)\"/>"
            + dots.map { Drawing.dot(color(index), x: $0.x, y: $0.y, style: "color\(color(index))") }.joined()
    }

    /// Many dots would hide the curve, a single one is all there is of it.
    private func hasDots(_ index: Int) -> Bool {
        let count = series[index].points.count
        return series[index].hasDots && count <= 24 || count == 1
    }

    private var legend: String {
        // A single curve is what the title says.
        if series.count == 1, references.isEmpty, bands.isEmpty, diagonal == nil, level > 2 {
            return certaintySign.map { Legend(entries: [$0]).html } ?? ""
        }
        let curves = series.indices.map { index in
            (
                sign: Legend.Sign.line(
                    "curve color\(color(index))", dash: dash(index), dot: hasDots(index) ? color(index) : nil),
                name: series[index].name
            )
        }
        let across = references.filter { !$0.isVertical }.map { (sign: Legend.Sign.line("reference"), name: $0.name) }
        let bands = bands.map { (sign: Legend.Sign.box("band"), name: $0.name) }
        let equality = diagonal.map { [(sign: Legend.Sign.line("reference"), name: $0)] } ?? []
        return Legend(entries: curves + across + equality + bands + (certaintySign.map { [$0] } ?? [])).html
    }

    private func dash(_ index: Int) -> String {
        let dash = series[index].isDashed ? Self.dashes[1] : Self.dashes[index / Self.colors % Self.dashes.count]
        return dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
    }
}
