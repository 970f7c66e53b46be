/// A set of characters as a regular expression in brackets says it.
struct ScalarSet: Equatable, Sendable {
    /// One bit for each character of ASCII.
    private(set) var ascii = Bits()
    /// Classes of the others; with ``isNegated``, of those that are not in the set.
    private(set) var classes: ScalarClasses = []
    /// Single characters beyond ASCII, likewise, in order and not touching.
    private(set) var ranges: [ClosedRange<UInt32>] = []
    private(set) var isNegated = false

    struct Bits: Equatable, Sendable {
        var low: UInt64 = 0
        var high: UInt64 = 0

        func contains(_ byte: UInt8) -> Bool { (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte - 64)) & 1 != 0 }
        mutating func insert(_ byte: UInt8) {
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
    }

    init() {}

    init(_ classes: ScalarClasses) {
        self.classes = classes
        let table = ScalarTable.shared
        for byte in UInt8(0)..<128 where classes.rawValue >> UInt64(table[UInt32(byte)]) & 1 != 0 { ascii.insert(byte) }
    }

    init(_ range: ClosedRange<UInt32>) {
        for value in range where value < 128 { ascii.insert(UInt8(value)) }
        if range.upperBound >= 128 { ranges = [max(128, range.lowerBound)...range.upperBound] }
    }

    init(_ value: UInt32) { self.init(value...value) }

    var inverted: ScalarSet {
        var set = self
        set.ascii = Bits(low: ~ascii.low, high: ~ascii.high)
        if ranges.isEmpty, !isNegated {
            set.classes = ScalarClasses.all.subtracting(classes)
        } else {
            set.isNegated.toggle()
        }
        return set
    }

    /// Nil where one of the two is all but some single characters, which no known expression asks for.
    func union(_ other: ScalarSet) -> ScalarSet? {
        guard !isNegated, !other.isNegated else { return nil }
        var set = self
        set.ascii = Bits(low: ascii.low | other.ascii.low, high: ascii.high | other.ascii.high)
        set.classes.formUnion(other.classes)
        set.ranges = Self.joined(ranges + other.ranges)
        return set
    }

    /// Nil where one of the two has single characters beyond ASCII.
    func intersection(_ other: ScalarSet) -> ScalarSet? {
        guard ranges.isEmpty, other.ranges.isEmpty, !isNegated, !other.isNegated else { return nil }
        var set = self
        set.ascii = Bits(low: ascii.low & other.ascii.low, high: ascii.high & other.ascii.high)
        set.classes.formIntersection(other.classes)
        return set
    }

    private static func joined(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var joined: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound <= last.upperBound + 1 {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}
