/// Round numbers around values, and where a value lies between the first and the last of them.
struct Axis: Sendable {
    let ticks: [Double]

    /// - Parameter count: about how many ticks.
    init(_ values: [Double], count: Int = 5) {
        let values = values.filter(\.isFinite)
        guard let low = values.min(), let high = values.max() else {
            ticks = [0, 1]
            return
        }
        let span = high > low ? high - low : Swift.max(abs(high), 1)
        let step = Self.round(span / Double(count))
        let first = (low / step + 1e-9).rounded(.down)
        let last = Swift.max((high / step - 1e-9).rounded(.up), first + 1)
        // Very close large numbers have no others between them.
        ticks = stride(from: first, through: last, by: 1).lazy.prefix(Swift.max(count, 1) * 4).map { $0 * step }
    }

    /// One for each of as many things in a row.
    init(things: Int, labels: Int) {
        let count = Swift.max(things, 1)
        let step = Swift.max((count + labels - 1) / Swift.max(labels, 1), 1)
        ticks = stride(from: 0, to: count, by: step).map(Double.init)
    }

    var low: Double { ticks.first ?? 0 }
    var high: Double { ticks.last ?? 1 }

    /// 0 at the first tick, 1 at the last.
    func share(_ value: Double) -> Double { high > low ? (value - low) / (high - low) : 0.5 }

    /// 1, 2 or 5 times a power of ten, at least as large.
    private static func round(_ value: Double) -> Double {
        guard value.isFinite, value > 1e-300 else { return 1 }
        var power = 1.0
        while power > value { power /= 10 }
        while power * 10 <= value { power *= 10 }
        let step = [1.0, 2, 5].first { $0 * power >= value * 0.999 } ?? 10
        return step * power
    }
}
