/// Amounts as bars that stand beside each other.
struct BarChart: Sendable {
    var names: [String]
    var values: [Double]
    var text: @Sendable (Double) -> String
    /// Bars that are meant by the figure's sentence.
    var emphasized: Set<Int> = []

    private let height = 300.0

    var drawing: Drawing {
        let axis = Axis(values + [0], count: 4)
        let (left, right) = (LineChart.margin.left, Drawing.width - LineChart.margin.right)
        let (top, bottom) = (LineChart.margin.top, height - LineChart.margin.bottom)
        let room = (right - left) / Double(max(values.count, 1))
        func y(_ value: Double) -> Double { bottom - axis.share(value) * (bottom - top) }
        let grid = axis.ticks.map { tick in
            Drawing.line(left, y(tick), right, y(tick), style: "grid")
                + Drawing.text(text(tick), x: left - 8, y: y(tick), anchor: "end")
        }
        let bars = values.indices.map { place in
            Drawing.box(
                left + (Double(place) + 0.1) * room, y(values[place]), 0.8 * room, bottom - y(values[place]),
                style: emphasized.contains(place) ? "bar strong" : "bar",
                title: "\(names[place]): \(text(values[place]))")
        }
        let labels = Axis(things: names.count, labels: 9).ticks.filter { Int($0) < names.count }.map { place in
            Drawing.text(names[Int(place)], x: left + (place + 0.5) * room, y: bottom + 5, dy: ".85em")
        }
        return Drawing(height: height, marks: grid + bars + labels)
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
