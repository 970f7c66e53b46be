/// Places at which a search was in a state from which no match came: it need not go on there a second time (Reps, 1998,
/// "Maximal-Munch" Tokenization in Linear Time). Only long searches come by here.
struct DeadEnds {
    private struct Place: Hashable {
        let position: Int
        let row: Int
    }

    private var known: Set<Place> = []
    private var passed: [Place] = []

    private static let interval = 64

    /// Where a search looks in next: all do at the same places.
    @inline(__always)
    static func stop(after position: Int) -> Int { (position / interval + 1) * interval }

    mutating func isKnown(_ row: Int, at position: Int, from start: Int) -> Bool {
        guard position - start >= Self.interval else { return false }
        let place = Place(position: position, row: row)
        if known.contains(place) { return true }
        passed.append(place)
        return false
    }

    /// A search is over that found a match up to a place, or none.
    @inline(__always)
    mutating func learn(_ end: Int) {
        guard !passed.isEmpty else { return }
        known.formUnion(passed.lazy.filter { $0.position > end })
        passed.removeAll(keepingCapacity: true)
    }
}
