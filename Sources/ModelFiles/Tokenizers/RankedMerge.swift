import HeapModule

/// Joins the symbols of one word by a list of merges, the earliest in the list first, and of two the one farther left
/// (Sennrich et al., 2016, arXiv 1508.07909; as Hugging Face's tokenizers do).
struct RankedMerge {
    private struct Candidate: Comparable {
        /// The rank in the upper half, the place of the left symbol below.
        let order: UInt64
        let id: Int32

        init(rank: Int32, left: Int, id: Int32) {
            order = UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(truncatingIfNeeded: left))
            self.id = id
        }

        var left: Int { Int(UInt32(truncatingIfNeeded: order)) }

        static func < (one: Candidate, other: Candidate) -> Bool { one.order < other.order }
        static func == (one: Candidate, other: Candidate) -> Bool { one.order == other.order }
    }

    private let table: MergeTable
    /// The symbols, a doubly linked list; one that was swallowed is ``gone``.
    private var ids: [Int32]
    private var previous: [Int32]
    private var next: [Int32]
    private var candidates = Heap<Candidate>()

    private static let gone: Int32 = -2
    /// Up to so many symbols are looked through for the best pair each time.
    private static let shortWord = 24

    /// - Parameter symbols: ids of pieces; negative ones are merged with nothing.
    static func merged(_ symbols: [Int32], by table: MergeTable) -> [Int32] {
        if symbols.count <= shortWord { return mergedShort(symbols, by: table) }
        var merge = RankedMerge(symbols, table)
        return merge.run()
    }

    private static func mergedShort(_ symbols: [Int32], by table: MergeTable) -> [Int32] {
        var ids = symbols
        while true {
            var best: (place: Int, merge: MergeTable.Merge)?
            for place in ids.indices.dropLast() {
                guard let merge = table[ids[place], ids[place + 1]] else { continue }
                if merge.rank < best?.merge.rank ?? .max { best = (place, merge) }
            }
            guard let best else { return ids }
            ids[best.place] = best.merge.id
            ids.remove(at: best.place + 1)
        }
    }

    private init(_ symbols: [Int32], _ table: MergeTable) {
        precondition(symbols.count < Int32.max, "a word of \(symbols.count) bytes is tokenized in parts below 2 GiB")
        self.table = table
        ids = symbols
        previous = (0..<Int32(symbols.count)).map { $0 - 1 }
        next = (0..<Int32(symbols.count)).map { Int($0) + 1 < symbols.count ? $0 + 1 : -1 }
    }

    private mutating func run() -> [Int32] {
        candidates = Heap(ids.indices.compactMap(candidate(at:)))
        while let best = candidates.popMin() {
            guard let current = candidate(at: best.left), current == best, current.id == best.id else { continue }
            let right = Int(next[best.left])
            ids[best.left] = best.id
            ids[right] = Self.gone
            next[best.left] = next[right]
            if next[right] >= 0 { previous[Int(next[right])] = Int32(best.left) }
            if let after = candidate(at: best.left) { candidates.insert(after) }
            if previous[best.left] >= 0, let before = candidate(at: Int(previous[best.left])) {
                candidates.insert(before)
            }
        }
        return ids.filter { $0 != Self.gone }
    }

    /// The merge of a symbol with the one after it, if there is any.
    private func candidate(at left: Int) -> Candidate? {
        guard ids[left] >= 0, next[left] >= 0, let merge = table[ids[left], ids[Int(next[left])]] else { return nil }
        return Candidate(rank: merge.rank, left: left, id: merge.id)
    }
}
