extension LineChart {
    /// How it is drawn where points lie with 95 % confidence.
    enum Certainty {
        /// A vertical line at each point.
        case lines
        /// A shade behind each curve: so many lines would hide them.
        case shades
        /// So many shades would, too.
        case table
    }

    private static let greatestLines = (each: 24, all: 96)
    private static let greatestShades = 4

    var certainty: Certainty {
        let counts = series.map(\.whiskers.count).filter { $0 > 0 }
        if counts.allSatisfy({ $0 <= Self.greatestLines.each }), counts.reduce(0, +) <= Self.greatestLines.all {
            return .lines
        }
        return counts.count <= Self.greatestShades ? .shades : .table
    }

    /// What the legend says of it.
    var certaintySign: (sign: Legend.Sign, name: String)? {
        guard let first = series.firstIndex(where: { !$0.whiskers.isEmpty }) else { return nil }
        return switch certainty {
        case .lines: (.upright("confidence soft"), "vertical lines: 95 % confidence")
        case .shades: (.box("color\(color(first)) shaded"), "shades: 95 % confidence")
        case .table: nil
        }
    }

    func whiskers(_ index: Int, _ axes: (x: Axis, y: Axis)) -> String {
        let places = series[index].whiskers.map {
            (x: x($0.x, axes.x) + shift(index), low: y($0.low, axes.y), high: y($0.high, axes.y))
        }
        guard !places.isEmpty else { return "" }
        switch certainty {
        case .lines:
            let lines = places.map { "M\($0.x.place) \($0.low.place)V\($0.high.place)" }.joined()
            return "<path class=\"confidence color\(color(index))\" d=\"\(lines)\"/>"
        case .shades:
            let outline =
                places.map { "\($0.x.place),\($0.high.place)" }
                + places.reversed().map {
                    "\($0.x.place),\($0.low.place)"
                }
            return "<polygon class=\"color\(color(index)) shaded\" points=\"\(outline.joined(separator: " "))\"/>"
        case .table: return ""
        }
    }

    /// Lines of several curves at the same place stand beside each other, all of them behind their dots.
    private func shift(_ index: Int) -> Double {
        let uncertain = series.indices.filter { !series[$0].whiskers.isEmpty }
        guard certainty == .lines, let place = uncertain.firstIndex(of: index) else { return 0 }
        let step = min(2, 6 / Double(max(uncertain.count - 1, 1)))
        return (Double(place) - Double(uncertain.count - 1) / 2) * step
    }
}
