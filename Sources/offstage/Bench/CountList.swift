import ArgumentParser

/// Whole numbers between commas: `512` or `128,512`.
struct CountList: ExpressibleByArgument, Equatable {
    var counts: [Int]

    init(_ counts: Int...) { self.counts = counts }

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard !numbers.contains(nil) else { return nil }
        counts = numbers.compactMap(\.self)
    }

    var defaultValueDescription: String { counts.map(String.init).joined(separator: ",") }

    func check(_ name: String, _ range: ClosedRange<Int>) throws {
        for count in counts { try Limits.check(name, count, range) }
    }
}
