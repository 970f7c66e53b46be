import HeapModule

/// Joins the characters of one text into pieces, best pair first (Sennrich et al., 2016, arXiv 1508.07909),
/// in the order of SentencePiece 0.2.3's `bpe_model.cc`.
struct BytePairMerge {
    /// Part of the text; the symbols form a doubly linked list, and one that was swallowed has length 0.
    private struct Symbol {
        let start: Int32
        var length: Int32
        var previous: Int32
        var next: Int32
        /// A user-defined symbol, which is never merged.
        let isFrozen: Bool
    }

    /// Two neighbors that together are a piece. Outdated when one of them has been merged with another since:
    /// then one is gone, or their lengths no longer add up.
    private struct Candidate: Comparable {
        /// Higher score first, then the pair farther left: the score's order in the upper half, the index below.
        let rank: Int64
        let right: Int32
        let length: Int32

        init(score: Float, left: Int32, right: Int32, length: Int32) {
            let bits = Int32(bitPattern: score.bitPattern)
            let order = bits ^ (bits >> 31 & Int32.max)
            rank = Int64(order) << 32 | Int64(UInt32(bitPattern: ~left))
            self.right = right
            self.length = length
        }

        var left: Int32 { ~Int32(truncatingIfNeeded: rank) }

        static func < (one: Candidate, other: Candidate) -> Bool { one.rank < other.rank }
        static func == (one: Candidate, other: Candidate) -> Bool { one.rank == other.rank }
    }

    private let text: [UInt8]
    private let table: PieceTable
    private let description: TokenizerDescription
    private var symbols: [Symbol] = []
    private var candidates = Heap<Candidate>()
    /// How an unused piece came about: the length of its left part. Of several ways the last one counts.
    private(set) var splits: [Int: Int] = [:]

    /// - Parameter text: normalized and cut into `parts`, characters and user-defined symbols, in order.
    init(
        _ text: [UInt8], parts: [(length: Int, isFrozen: Bool)], table: PieceTable, description: TokenizerDescription
    ) {
        precondition(text.count < Int32.max, "a text of \(text.count) bytes is tokenized in parts of less than 2 GiB")
        self.text = text
        self.table = table
        self.description = description
        var start: Int32 = 0
        symbols.reserveCapacity(parts.count)
        for (index, part) in parts.enumerated() {
            symbols.append(
                Symbol(
                    start: start, length: Int32(part.length), previous: Int32(index) - 1,
                    next: index + 1 < parts.count ? Int32(index) + 1 : -1, isFrozen: part.isFrozen))
            start += Int32(part.length)
        }
    }

    /// Merges until no neighbors form a piece; returns the ranges of the text that are left, in order.
    mutating func run() -> [Range<Int>] {
        candidates = Heap(symbols.indices.dropFirst().compactMap { candidate(Int32($0) - 1, Int32($0)) })
        while let best = candidates.popMax() {
            if isCurrent(best) { merge(best) }
        }
        return symbols.compactMap { symbol in
            symbol.length == 0 ? nil : Int(symbol.start)..<Int(symbol.start + symbol.length)
        }
    }

    private func isCurrent(_ candidate: Candidate) -> Bool {
        let left = symbols[Int(candidate.left)].length
        let right = symbols[Int(candidate.right)].length
        return left > 0 && right > 0 && left + right == candidate.length
    }

    private mutating func merge(_ pair: Candidate) {
        let next = symbols[Int(pair.right)].next
        symbols[Int(pair.left)].length = pair.length
        symbols[Int(pair.left)].next = next
        symbols[Int(pair.right)].length = 0
        if next >= 0 { symbols[Int(next)].previous = pair.left }
        if let before = candidate(symbols[Int(pair.left)].previous, pair.left) { candidates.insert(before) }
        if let after = candidate(pair.left, next) { candidates.insert(after) }
    }

    /// The pair of two neighbors, if it is a piece; -1 stands for an end of the text.
    private mutating func candidate(_ left: Int32, _ right: Int32) -> Candidate? {
        guard left >= 0, right >= 0 else { return nil }
        let (first, second) = (symbols[Int(left)], symbols[Int(right)])
        guard !first.isFrozen, !second.isFrozen else { return nil }
        let length = first.length + second.length
        let range = Int(first.start)..<Int(first.start + length)
        guard let id = table.id(of: text.span.extracting(range)) else { return nil }
        if description.kinds[id] == .unused { splits[id] = Int(first.length) }
        return Candidate(score: description.scores[id], left: left, right: right, length: length)
    }
}
