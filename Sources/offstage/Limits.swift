import ArgumentParser

/// What numbers on the command line may be at most, so that sums of sizes stay within an Int.
enum Limits {
    static let threads = 1024
    static let positions = 1 << 30

    static func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
        guard let value, !range.contains(value) else { return }
        let wanted =
            range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
        throw ValidationError("\(name) wants \(wanted), not \(value)")
    }
}
