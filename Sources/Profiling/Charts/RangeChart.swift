/// How values are spread in each of several places: whiskers to the least and the greatest, a box from the first quartile
/// to the third, a line at the median.
struct RangeChart: Sendable {
    struct Range: Sendable {
        var values: [Double]
        /// Where the greatest lies with confidence.
        var interval: Interval?
        /// What the greatest would be by chance.
        var chance: Double?

        /// - Parameter values: in any order.
        init(_ values: [Double], interval: Interval? = nil, chance: Double? = nil) {
            self.values = values.filter(\.isFinite).sorted()
            self.interval = interval
            self.chance = chance
        }
    }

    var names: [String]
    var ranges: [Range]
    /// What all would be if they were equal, and what they cannot exceed.
    var fair = 1.0
    var ceiling: Double?
    /// The end of the axis, where it is to be that of another chart too.
    var top = 0.0

    private let height = 260.0
    private let margin = LineChart.margin

    var drawing: Drawing {
        let axis = axis
        let bottom = height - margin.bottom
        let grid = axis.ticks.map { tick in
            Drawing.line(margin.left, y(tick, axis), Drawing.width - margin.right, y(tick, axis), style: "grid")
                + Drawing.text(tick.short, x: margin.left - 8, y: y(tick, axis), anchor: "end")
        }
        let labels = Axis(things: names.count, labels: 12).ticks.filter { Int($0) < names.count }.map { place in
            Drawing.text(names[Int(place)], x: x(Int(place)), y: bottom + 5, dy: ".85em")
        }
        let lines = [fair] + (visibleCeiling.map { [$0] } ?? [])
        let across = lines.map {
            Drawing.line(margin.left, y($0, axis), Drawing.width - margin.right, y($0, axis), style: "reference")
        }
        return Drawing(
            height: height, marks: grid + labels + across + ranges.indices.map { mark($0, axis) },
            alternative: alternative, xLabel: "layer")
    }

    /// From where to where, of the first places.
    private var alternative: String {
        let places = zip(names, ranges).prefix(12).compactMap { name, range in
            range.values.last.map { "layer \(name) from \(range.values[0].brief) to \($0.brief)" }
        }
        return (names.count > 12 ? "Of \(names.count), " : "") + places.joined(separator: "; ") + "."
    }

    /// Where it is near enough to be worth the room.
    var visibleCeiling: Double? {
        let greatest = ranges.compactMap { $0.interval?.high ?? $0.values.last }.max() ?? 0
        return ceiling.flatMap { $0 <= 1.7 * greatest ? $0 : nil }
    }

    private var axis: Axis {
        Axis([0, fair * 1.5, visibleCeiling ?? 0, top, greatest])
    }

    /// What the axis must reach.
    var greatest: Double {
        ranges.flatMap { [$0.values.last ?? 0, $0.interval?.high ?? 0, $0.chance ?? 0] }.max() ?? 0
    }

    private var room: Double { (Drawing.width - margin.left - margin.right) / Double(max(names.count, 1)) }
    private func x(_ place: Int) -> Double { margin.left + (Double(place) + 0.5) * room }
    private func y(_ value: Double, _ axis: Axis) -> Double {
        height - margin.bottom - axis.share(value) * (height - margin.top - margin.bottom)
    }

    private func mark(_ place: Int, _ axis: Axis) -> String {
        let range = ranges[place]
        guard let least = range.values.first, let greatest = range.values.last else { return "" }
        let (x, half) = (x(place), min(13, max(1.2, room * 0.32)))
        let (low, high) = (y(range.values.quantile(0.25), axis), y(range.values.quantile(0.75), axis))
        let median = y(range.values.quantile(0.5), axis)
        var marks = [
            Drawing.line(x, y(least, axis), x, y(greatest, axis), style: "whisker"),
            Drawing.box(x - half, high, 2 * half, max(low - high, 1), style: "quartiles"),
            Drawing.line(x - half, median, x + half, median, style: "median"),
        ]
        if let interval = range.interval {
            let (low, high) = (y(interval.low, axis), y(interval.high, axis))
            marks.append(Drawing.box(x - half / 2, high, half, max(low - high, 1), style: "interval"))
        }
        if let chance = range.chance, chance.isFinite {
            marks.append(Drawing.line(x - half, y(chance, axis), x + half, y(chance, axis), style: "chance"))
        }
        let radius = min(4, max(1.8, room * 0.22))
        marks.append(
            "<circle class=\"peak\" cx=\"\(x.place)\" cy=\"\(y(greatest, axis).place)\" r=\"\(radius.place)\"/>")
        return marks.joined()
    }
}
