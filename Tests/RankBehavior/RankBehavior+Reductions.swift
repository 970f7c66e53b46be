import Ranks

extension RankBehavior {
    /// Lengths around the one from which a reduction goes by way of parts.
    private static let lengths = [0, 1, 2, 7, 1000, 5003]

    static let reductions: [RankBehavior] = [
        RankBehavior(description: "an all-reduce adds numbers in the order of the ranks, to the bit") { ranks in
            for length in lengths {
                let wanted = reduced(ranks.count, length, floats, +)
                let found = try changed(floats(ranks.rank, length)) { (span) throws(RankFailure) in
                    try ranks.allReduce(&span, by: .sum, of: Occasion("step", length))
                }
                try confirm(found.map(\.bitPattern), is: wanted.map(\.bitPattern), "\(length) sums")
            }
        },
        RankBehavior(description: "an all-reduce finds the greatest number, and adds whole ones") { ranks in
            for length in lengths {
                let greatest = try changed(floats(ranks.rank, length)) { (span) throws(RankFailure) in
                    try ranks.allReduce(&span, by: .max, of: Occasion("step", length))
                }
                try confirm(greatest, is: reduced(ranks.count, length, floats, max), "\(length) greatest")
                let sums = try changed(integers(ranks.rank, length)) { (span) throws(RankFailure) in
                    try ranks.allReduce(&span, by: .sum, of: Occasion("step", length))
                }
                try confirm(sums, is: reduced(ranks.count, length, integers, &+), "\(length) whole sums")
            }
            try confirm(
                try ranks.allReduce(Int64(ranks.rank), by: .max, of: .start), is: Int64(ranks.count - 1), "last rank")
        },
        RankBehavior(description: "a reduce-scatter leaves a rank the sums of its own segment, and the rest alone") {
            ranks in
            for length in lengths {
                let own = floats(ranks.rank, length)
                let cut = (0..<ranks.count).map { length * $0 * $0 / (ranks.count * ranks.count) } + [length]
                let segments = Segments.listed((0..<ranks.count).map { cut[$0]..<cut[$0 + 1] })
                let sums = reduced(ranks.count, length, floats, +)
                let mine = segments.range(ranks.rank, of: ranks.count)
                let wanted = own.indices.map { mine.contains($0) ? sums[$0] : own[$0] }
                let found = try changed(own) { (span) throws(RankFailure) in
                    try ranks.reduceScatter(&span, segments, by: .sum, of: Occasion("step", length))
                }
                try confirm(found.map(\.bitPattern), is: wanted.map(\.bitPattern), "\(length) sums")
            }
        },
    ]

    /// A rank's numbers, of very different size, so that each order of adding them gives other bits.
    private static func floats(_ rank: Int, _ length: Int) -> [Float] {
        (0..<length).map { index in
            let mixed = UInt32(truncatingIfNeeded: (index + 1) &* 2_654_435_761 &+ (rank + 1) &* 40_503 &* (index + 7))
            let sign: Float = mixed & 1 == 0 ? 1 : -1
            return sign * Float(mixed >> 8) * Float(sign: .plus, exponent: Int(mixed >> 3 & 15) - 20, significand: 1)
        }
    }

    private static func integers(_ rank: Int, _ length: Int) -> [Int64] {
        (0..<length).map { Int64($0 * 31 - rank * 1000) &* 1_000_000_007 }
    }

    /// What one rank would get from everybody's numbers, one rank after another.
    private static func reduced<Number>(
        _ count: Int, _ length: Int, _ numbers: (Int, Int) -> [Number], _ combine: (Number, Number) -> Number
    ) -> [Number] {
        (1..<max(count, 1)).reduce(numbers(0, length)) { sums, rank in
            zip(sums, numbers(rank, length)).map { combine($0, $1) }
        }
    }
}
