/// Curves over a common axis, as SVG that takes its colors from the page around it.
///
/// Series are told apart by color and by dashes; the colors are Okabe and Ito's, which the color-blind can tell apart.
package struct LineChart: Sendable {
    package struct Series: Sendable {
        package var name: String
        package var points: [(x: Double, y: Double)]

        package init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
        }
    }

    package var title: String
    package var xLabel: String
    package var yLabel: String
    package var series: [Series]

    package init(title: String, xLabel: String, yLabel: String, series: [Series]) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.series = series
    }

    private static let size = (width: 640.0, height: 320.0)
    private static let margin = (left: 64.0, right: 16.0, top: 16.0, bottom: 44.0)
    private static let dashes = ["", "6 3", "2 3", "8 3 2 3"]
    /// Names of the page's colors, which it sets for light and dark.
    package static let colors = 8

    /// A `figure` with the chart, its legend, and a text alternative.
    package var html: String {
        """
        <figure>
        <figcaption>\(title.escapedForHTML)</figcaption>
        <svg viewBox="0 0 \(Int(Self.size.width)) \(Int(Self.size.height))" role="img" aria-label="\(description.escapedForHTML)">
        <title>\(description.escapedForHTML)</title>
        \(axes)
        \(series.indices.map(curve).joined(separator: "\n"))
        </svg>
        <ul class="legend">\(series.indices.map(legend).joined())</ul>
        </figure>
        """
    }

    /// Where each curve begins and ends, in words.
    private var description: String {
        let curves = series.compactMap { series -> String? in
            guard let first = series.points.first, let last = series.points.last else { return nil }
            return "\(series.name) from \(first.y.short) to \(last.y.short)"
        }
        return "\(title), \(yLabel) over \(xLabel): \(curves.joined(separator: "; "))"
    }

    private var xTicks: [Double] { Self.ticks(series.flatMap { $0.points.map(\.x) }) }
    private var yTicks: [Double] { Self.ticks(series.flatMap { $0.points.map(\.y) }) }

    /// Round numbers around the values.
    private static func ticks(_ values: [Double]) -> [Double] {
        guard let low = values.min(), let high = values.max() else { return [0, 1] }
        let span = high > low ? high - low : max(abs(high), 1)
        var step = 1.0
        while step * 8 < span { step *= 10 }
        while step > span { step /= 10 }
        if span / step < 3 { step /= 4 }
        let first = (low / step).rounded(.down)
        let last = (high / step).rounded(.up)
        return stride(from: first, through: max(last, first + 1), by: 1).map { $0 * step }
    }

    private func x(_ value: Double) -> Double {
        let ticks = xTicks
        let width = Self.size.width - Self.margin.left - Self.margin.right
        return Self.margin.left + (value - ticks[0]) / (ticks[ticks.count - 1] - ticks[0]) * width
    }

    private func y(_ value: Double) -> Double {
        let ticks = yTicks
        let height = Self.size.height - Self.margin.top - Self.margin.bottom
        return Self.size.height - Self.margin.bottom - (value - ticks[0]) / (ticks[ticks.count - 1] - ticks[0]) * height
    }

    private var axes: String {
        let (left, right) = (Self.margin.left, Self.size.width - Self.margin.right)
        let bottom = Self.size.height - Self.margin.bottom
        let horizontal = yTicks.map { tick in
            """
            <line class="grid" x1="\(left.short)" x2="\(right.short)" y1="\(y(tick).short)" y2="\(y(tick).short)"/>\
            <text x="\((left - 8).short)" y="\((y(tick) + 4).short)" text-anchor="end">\(tick.short)</text>
            """
        }
        let vertical = xTicks.map { tick in
            "<text x=\"\(x(tick).short)\" y=\"\((bottom + 18).short)\" text-anchor=\"middle\">\(tick.short)</text>"
        }
        let middle = ((left + right) / 2).short
        return
            (horizontal + vertical + [
                "<text x=\"\(middle)\" y=\"\((bottom + 38).short)\" text-anchor=\"middle\">\(xLabel.escapedForHTML)</text>"
            ]).joined(separator: "\n")
    }

    private func curve(_ index: Int) -> String {
        let points = series[index].points.map { "\(x($0.x).short),\(y($0.y).short)" }.joined(separator: " ")
        return "<polyline class=\"curve color\(index % Self.colors)\"\(dash(index)) points=\"\(points)\"/>"
    }

    private func legend(_ index: Int) -> String {
        """
        <li><svg viewBox="0 0 28 8" aria-hidden="true"><line class="curve color\(index % Self.colors)"\(dash(index)) \
        x1="0" x2="28" y1="4" y2="4"/></svg>\(series[index].name.escapedForHTML)</li>
        """
    }

    private func dash(_ index: Int) -> String {
        let dash = Self.dashes[index / Self.colors % Self.dashes.count]
        return dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
    }
}
