extension Interval {
    /// From where to where, with the unit once: 1.40 to 1.52, 41 to 45 %.
    func text(_ number: (Double) -> String = { $0.brief }) -> String {
        let (low, high) = (number(low), number(high))
        let unit = ["\u{202F}%", "×"].first { low.hasSuffix($0) && high.hasSuffix($0) } ?? ""
        return low.dropLast(unit.count) + " to " + high
    }

    /// The same in another unit.
    func scaled(by factor: Double) -> Interval { Interval(low: low * factor, high: high * factor) }
}

extension Interval? {
    /// After its number, in parentheses; nothing where there is none or its ends read the same.
    func note(_ number: (Double) -> String = { $0.brief }) -> String {
        guard let interval = self, number(interval.low) != number(interval.high) else { return "" }
        return " (\(interval.text(number)))"
    }

    /// The same for a share.
    var percentNote: String { note(\.percent) }
}

extension [Interval?] {
    /// Of the mean of numbers that come from the same tokens: the mean of their intervals. The deviation of a mean is at most
    /// the mean of the deviations, so this is rather too wide than too narrow. Nil where one is not known.
    var mean: Interval? {
        let known = compactMap(\.self)
        guard known.count == count, count > 0 else { return nil }
        return Interval(low: known.map(\.low).mean, high: known.map(\.high).mean)
    }
}
