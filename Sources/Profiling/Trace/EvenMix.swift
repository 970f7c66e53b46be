/// An order for things of several kinds in which every stretch has its share of each kind.
package enum EvenMix {
    /// - Parameter counts: how many there are of each kind.
    /// - Returns: all of them, those of a kind in their own order.
    package static func order(counts: [Int]) -> [(kind: Int, place: Int)] {
        let all = counts.enumerated().flatMap { kind, count in
            (0..<count).map { place in (kind: kind, place: place, time: (Double(place) + 0.5) / Double(count)) }
        }
        return all.sorted { ($0.time, $0.kind) < ($1.time, $1.kind) }.map { ($0.kind, $0.place) }
    }
}
