import Glibc

/// Round numbers around values, and where a value lies between the ends of the axis.
package struct Axis: Sendable {
    package let ticks: [Double]
    let low: Double
    let high: Double
    private let isLogarithmic: Bool

    /// - Parameter count: about how many ticks.
    init(_ values: [Double], count: Int = 5) {
        let values = values.filter(\.isFinite)
        guard let low = values.min(), let high = values.max() else {
            self.init(ticks: [0, 1])
            return
        }
        let span = high > low ? high - low : Swift.max(abs(high), 1)
        let step = Self.round(span / Double(count))
        let first = (low / step + 1e-9).rounded(.down)
        let last = Swift.max((high / step - 1e-9).rounded(.up), first + 1)
        // Very close large numbers have no others between them.
        self.init(
            ticks: stride(from: first, through: last, by: 1).lazy.prefix(Swift.max(count, 1) * 4).map { $0 * step })
    }

    /// One for each of as many things in a row.
    init(things: Int, labels: Int) {
        let count = Swift.max(things, 1)
        let step = Swift.max((count + labels - 1) / Swift.max(labels, 1), 1)
        self.init(ticks: stride(from: 0, to: count, by: step).map(Double.init))
    }

    /// Equal ratios have equal room; the ends are those of the values.
    ///
    /// - Parameters:
    ///   - values: of which those that are not positive count as none.
    ///   - count: ticks at most.
    package init(ratiosOf values: [Double], count: Int = 7) {
        let values = values.filter { $0.isFinite && $0 > 1e-300 }
        let ends = (low: values.min() ?? 1, high: values.max() ?? 10)
        let around = Self.roundNumbers(around: ends)
        let inside = around.filter { $0 >= ends.low * 0.999 && $0 <= ends.high * 1.001 }
        // Values that have no two round numbers between them get the next ones.
        let isNarrow = inside.count < 2
        (low, high) = isNarrow ? (around.first ?? 1, around.last ?? 10) : ends
        let candidates = isNarrow ? around : inside
        let sparser = [
            candidates, candidates.filter(Self.isPowerOfTen),
            candidates.filter(Self.isPowerOfTen).enumerated().filter { $0.offset % 3 == 0 }.map(\.element),
        ]
        ticks = sparser.first { (2...count).contains($0.count) } ?? [candidates.first ?? low, candidates.last ?? high]
        isLogarithmic = true
    }

    private init(ticks: [Double]) {
        self.ticks = ticks
        (low, high) = (ticks.first ?? 0, ticks.last ?? 1)
        isLogarithmic = false
    }

    /// 0 at the low end, 1 at the high one.
    package func share(_ value: Double) -> Double {
        guard high > low else { return 0.5 }
        guard isLogarithmic else { return (value - low) / (high - low) }
        return value > 0 ? log(value / low) / log(high / low) : 0
    }

    /// 1, 2 or 5 times a power of ten, at least as large.
    private static func round(_ value: Double) -> Double {
        guard value.isFinite, value > 1e-300 else { return 1 }
        let power = powerOfTen(notAbove: value)
        let step = [1.0, 2, 5].first { $0 * power >= value * 0.999 } ?? 10
        return step * power
    }

    private static func powerOfTen(notAbove value: Double) -> Double {
        var power = 1.0
        while power > value { power /= 10 }
        while power * 10 <= value { power *= 10 }
        return power
    }

    /// 1, 2 and 5 times powers of ten: the last that is not above the low end to the first that is not below the high one.
    private static func roundNumbers(around ends: (low: Double, high: Double)) -> [Double] {
        var numbers: [Double] = []
        var power = powerOfTen(notAbove: ends.low)
        while power <= ends.high * 10 {
            numbers += [power, 2 * power, 5 * power]
            power *= 10
        }
        let first = numbers.lastIndex { $0 <= ends.low * 1.001 } ?? 0
        let last = numbers.firstIndex { $0 >= ends.high * 0.999 && $0 > numbers[first] } ?? numbers.count - 1
        return Array(numbers[first...last])
    }

    private static func isPowerOfTen(_ value: Double) -> Bool {
        let power = powerOfTen(notAbove: value * 1.001)
        return abs(value / power - 1) < 0.01
    }
}
