import HeapModule

/// Words as rows of symbols, and how often each two stand side by side: the state of byte-pair training.
struct PairMerges {
    struct Pair: Hashable, Comparable {
        private let key: UInt64

        init(_ left: Int32, _ right: Int32) { key = UInt64(UInt32(left)) << 32 | UInt64(UInt32(right)) }

        var left: Int { Int(key >> 32) }
        var right: Int { Int(key & 0xFFFF_FFFF) }

        /// Older symbols first, those on the left before those on the right.
        static func < (one: Pair, other: Pair) -> Bool { one.key < other.key }
    }

    private struct Entry {
        /// How often the pair stands in the text.
        var count = 0
        /// Words that hold it, or held it once.
        var places: [Int32] = []
        /// Whether the count has grown, so that the pair is not among the candidates as it should be.
        var isFresh = false
    }

    /// A pair with a count that may be too great by now.
    private struct Candidate: Comparable {
        let count: Int
        let pair: Pair

        static func < (one: Candidate, other: Candidate) -> Bool {
            (one.count, other.pair) < (other.count, one.pair)
        }
    }

    /// The symbols of all words, each word where it has always begun; they only get shorter.
    private var symbols: [Int32]
    private let starts: [Int]
    private var lengths: [Int]
    private let counts: [Int]
    private var entries: [Pair: Entry] = [:]
    private var candidates = Heap<Candidate>()
    private var fresh: [Pair] = []

    /// - Parameters:
    ///   - symbols: of all words, one after the other; -1 where nothing merges.
    ///   - lengths: symbols of each word.
    ///   - counts: how often each word comes.
    init(symbols: [Int32], lengths: [Int], counts: [Int]) {
        self.symbols = symbols
        self.lengths = lengths
        self.counts = counts
        var starts: [Int] = []
        var start = 0
        for length in lengths {
            starts.append(start)
            start += length
        }
        self.starts = starts
        for word in lengths.indices where lengths[word] > 1 {
            for index in starts[word] + 1..<starts[word] + lengths[word] {
                count(symbols[index - 1], symbols[index], in: word, sign: 1)
            }
        }
        offerFresh()
    }

    /// The most frequent pair; nil when none comes twice. Of several the one with the older symbols.
    mutating func best() -> Pair? {
        while let candidate = candidates.popMax() {
            guard let count = entries[candidate.pair]?.count, count > 1 else { continue }
            if count == candidate.count { return candidate.pair }
            candidates.insert(Candidate(count: count, pair: candidate.pair))
        }
        return nil
    }

    /// Makes one symbol of a pair wherever it stands. The symbol may be an old one, where the same letters were joined
    /// in another order before.
    mutating func merge(_ pair: Pair, into symbol: Int) {
        for word in entries[pair]?.places ?? [] { merge(pair, into: Int32(symbol), in: Int(word)) }
        entries[pair] = nil
        offerFresh()
    }

    private mutating func merge(_ pair: Pair, into symbol: Int32, in word: Int) {
        let (left, right) = (Int32(pair.left), Int32(pair.right))
        let (start, end) = (starts[word], starts[word] + lengths[word])
        var (index, kept) = (start, start)
        while index < end {
            guard symbols[index] == left, index + 1 < end, symbols[index + 1] == right else {
                symbols[kept] = symbols[index]
                index += 1
                kept += 1
                continue
            }
            if kept > start {
                count(symbols[kept - 1], left, in: word, sign: -1)
                count(symbols[kept - 1], symbol, in: word, sign: 1)
            }
            if index + 2 < end {
                count(right, symbols[index + 2], in: word, sign: -1)
                count(symbol, symbols[index + 2], in: word, sign: 1)
            }
            symbols[kept] = symbol
            index += 2
            kept += 1
        }
        lengths[word] = kept - start
    }

    private mutating func count(_ left: Int32, _ right: Int32, in word: Int, sign: Int) {
        guard left >= 0, right >= 0 else { return }
        let pair = Pair(left, right)
        let change = sign * counts[word]
        let becameFresh = { (entry: inout Entry) -> Bool in
            entry.count += change
            guard change > 0 else { return false }
            if entry.places.last != Int32(word) { entry.places.append(Int32(word)) }
            defer { entry.isFresh = true }
            return !entry.isFresh
        }(&entries[pair, default: Entry()])
        if becameFresh { fresh.append(pair) }
    }

    private mutating func offerFresh() {
        for pair in fresh {
            guard let count = entries[pair]?.count else { continue }
            entries[pair]?.isFresh = false
            candidates.insert(Candidate(count: count, pair: pair))
        }
        fresh.removeAll(keepingCapacity: true)
    }
}
