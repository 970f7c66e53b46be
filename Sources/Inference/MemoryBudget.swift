/// How much memory the whole process may use.
public enum MemoryBudget: Sendable, Equatable {
    /// What the machine or the control group has free, less a margin; no more than the model needs.
    case automatic
    case bytes(Int)
    /// Everything that is no expert, and this share of the experts (0 to 1).
    case expertShare(Double)
    /// The least that works.
    case smallest

    /// Reads `6G`, `800M`, `25%` or `min`; units are powers of 1,024.
    public init?(_ text: String) {
        switch text.lowercased() {
        case "auto": self = .automatic
        case "min": self = .smallest
        case let percent where percent.hasSuffix("%"):
            guard let value = Double(percent.dropLast()), (0...100).contains(value) else { return nil }
            self = .expertShare(value / 100)
        case let size:
            guard let bytes = Self.bytes(size) else { return nil }
            self = .bytes(bytes)
        }
    }

    private static func bytes(_ size: String) -> Int? {
        var number = size
        for suffix in ["ib", "b"] where number.hasSuffix(suffix) {
            number.removeLast(suffix.count)
            break
        }
        let units: [Character: Double] = ["k": 0x1p10, "m": 0x1p20, "g": 0x1p30, "t": 0x1p40]
        var unit = 1.0
        if let last = number.last, let factor = units[last] {
            unit = factor
            number.removeLast()
        }
        guard let value = Double(number), value.isFinite, value > 0, value * unit < 0x1p62 else { return nil }
        return Int(value * unit)
    }
}
