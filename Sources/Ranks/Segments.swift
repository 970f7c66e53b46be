/// Which part of a buffer belongs to which rank, in elements.
package enum Segments: Sendable, Equatable {
    /// Nothing for anybody.
    case none
    /// So many elements, split as evenly as they can be.
    case even(Int)
    /// The same part for every rank.
    case each(Range<Int>)
    /// A part for one rank and nothing for the others.
    case one(rank: Int, Range<Int>)
    case listed([Range<Int>])

    /// Parts of these sizes, one after another.
    package static func consecutive(_ counts: [Int]) -> Segments {
        var end = 0
        return .listed(
            counts.map { count in
                defer { end += count }
                return end..<end + count
            })
    }

    package func range(_ rank: Int, of count: Int) -> Range<Int> {
        switch self {
        case .none: return 0..<0
        case .even(let total): return total * rank / count..<total * (rank + 1) / count
        case .each(let range): return range
        case .one(let one, let range): return rank == one ? range : 0..<0
        case .listed(let ranges):
            precondition(ranges.count == count, "\(ranges.count) segments for \(count) ranks")
            return ranges[rank]
        }
    }
}
