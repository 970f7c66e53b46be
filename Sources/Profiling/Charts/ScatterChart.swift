/// Times that were expected against those that were found, as dots; equal ratios have equal room on both axes.
struct ScatterChart: Sendable {
    struct Point: Sendable {
        var x: Double
        var y: Double
        /// Whether there is doubt about it.
        var isPale = false
        /// What is said when one points at it.
        var hint = ""
    }

    struct Series: Sendable {
        var name: String
        var points: [Point]
    }

    var series: [Series]
    var xLabel: String
    var yLabel: String
    /// How far from equal a dot in the band is at most, relative to what was found.
    var tolerance: Double
    /// What pale dots mean.
    var paleName = ""

    private let height = 400.0
    private let margin = LineChart.margin

    var drawing: Drawing {
        let axis = axis
        return Drawing(
            height: height, marks: grid(axis) + [band(axis), equality(axis)] + dots(axis), alternative: alternative,
            yLabel: yLabel, xLabel: xLabel)
    }

    var legend: String {
        let runs = series.indices.map { index in
            (
                sign: Legend.Sign.dot(index, "color\(index % LineChart.colors)"),
                name: series[index].name
            )
        }
        let rest: [(sign: Legend.Sign, name: String)] = [
            (.line("reference"), "equal"), (.box("band"), "within \(tolerance.percent)"),
        ]
        let hasPale = series.contains { $0.points.contains(where: \.isPale) }
        let pale: [(sign: Legend.Sign, name: String)] = hasPale ? [(.dot(0, "soft pale"), paleName)] : []
        return Legend(entries: runs + rest + pale).html
    }

    /// The same for both, so that the line where they are equal is a diagonal.
    private var axis: Axis { Axis(ratiosOf: series.flatMap { $0.points.flatMap { [$0.x, $0.y] } }) }

    private var bottom: Double { height - margin.bottom }
    private func x(_ value: Double, _ axis: Axis) -> Double {
        margin.left + axis.share(value) * (Drawing.width - margin.left - margin.right)
    }
    private func y(_ value: Double, _ axis: Axis) -> Double {
        bottom - axis.share(value) * (bottom - margin.top)
    }

    private func grid(_ axis: Axis) -> [String] {
        axis.ticks.flatMap { tick in
            [
                Drawing.line(
                    margin.left, y(tick, axis), Drawing.width - margin.right, y(tick, axis), style: "grid"),
                Drawing.line(x(tick, axis), margin.top, x(tick, axis), bottom, style: "grid"),
                Drawing.text(tick.short, x: margin.left - 8, y: y(tick, axis), anchor: "end"),
                Drawing.text(tick.short, x: x(tick, axis), y: bottom + 5, dy: ".85em"),
            ]
        }
    }

    /// Between the y of which x is so much less and the one of which it is so much more.
    private func band(_ axis: Axis) -> String {
        let (low, high) = (axis.low, axis.high)
        let (above, below) = (1 / (1 - tolerance), 1 / (1 + tolerance))
        let corners = [
            (low, low), (low, low * above), (high / above, high), (high, high), (high, high * below),
            (low / below, low),
        ]
        let points = corners.map { "\(x(min($0, high), axis).place),\(y(min($1, high), axis).place)" }
        return "<polygon class=\"band\" points=\"\(points.joined(separator: " "))\"/>"
    }

    private func equality(_ axis: Axis) -> String {
        Drawing.line(margin.left, bottom, Drawing.width - margin.right, margin.top, style: "reference")
    }

    private func dots(_ axis: Axis) -> [String] {
        series.enumerated().flatMap { index, series in
            series.points.filter { $0.x > 0 && $0.y > 0 && $0.x.isFinite && $0.y.isFinite }.map { point in
                let dot = Drawing.dot(
                    index, x: x(point.x, axis), y: y(point.y, axis),
                    style: "color\(index % LineChart.colors)" + (point.isPale ? " pale" : ""))
                return point.hint.isEmpty ? dot : "<g><title>\(point.hint.escapedForHTML)</title>\(dot)</g>"
            }
        }
    }

    /// Of each series how many dots, and from where to where.
    private var alternative: String {
        let said = series.compactMap { series -> String? in
            let found = series.points.map(\.y)
            guard let least = found.min(), let greatest = found.max() else { return nil }
            return "\(series.name): \(found.count) from \(least.short) to \(greatest.short)"
        }
        return "\(yLabel) over \(xLabel), "
            + (said.isEmpty ? "0 of them." : said.joined(separator: "; ") + ".")
    }
}
