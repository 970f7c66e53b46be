import HeapModule

/// Words as rows of symbols, and how often each two stand side by side: the state of byte-pair training.
struct PairMerges {
    struct Pair: Hashable {
        let left: Int
        let right: Int
    }

    /// A pair with a count that may be too great by now.
    private struct Candidate: Comparable {
        let count: Int
        let pair: Pair

        static func < (one: Candidate, other: Candidate) -> Bool {
            (one.count, other.pair.left, other.pair.right) < (other.count, one.pair.left, one.pair.right)
        }
    }

    private var words: [[Int32]]
    private let wordCounts: [Int]
    private var pairCounts: [Pair: Int] = [:]
    /// Words that hold a pair, or held it once.
    private var places: [Pair: [Int32]] = [:]
    private var candidates = Heap<Candidate>()
    private var forbidden: Set<Pair> = []
    /// Pairs whose count has grown, so that they are not among the candidates as they should be.
    private var fresh: Set<Pair> = []

    /// - Parameter words: symbols below `characters`, or -1 where nothing merges.
    init(words: [[Int32]], counts: [Int], characters: Int) {
        self.words = words
        wordCounts = counts
        for word in words.indices { count(word, sign: 1) }
        candidates = Heap(pairCounts.map { Candidate(count: $0.value, pair: $0.key) })
    }

    /// The most frequent pair; nil when none comes twice. Of several the one with the older symbols.
    mutating func best() -> Pair? {
        while let candidate = candidates.popMax() {
            guard let count = pairCounts[candidate.pair], count > 1 else { continue }
            if count == candidate.count { return candidate.pair }
            candidates.insert(Candidate(count: count, pair: candidate.pair))
        }
        return nil
    }

    /// Never gives this pair again.
    mutating func forbid(_ pair: Pair) {
        forbidden.insert(pair)
        pairCounts[pair] = nil
        places[pair] = nil
    }

    /// Makes one symbol of a pair wherever it stands.
    mutating func merge(_ pair: Pair, into symbol: Int) {
        var last: Int32 = -1
        for word in (places[pair] ?? []).sorted() where word != last {
            last = word
            merge(pair, into: symbol, in: Int(word))
        }
        pairCounts[pair] = nil
        places[pair] = nil
        for pair in fresh.sorted(by: { ($0.left, $0.right) < ($1.left, $1.right) }) {
            if let count = pairCounts[pair] { candidates.insert(Candidate(count: count, pair: pair)) }
        }
        fresh.removeAll(keepingCapacity: true)
    }

    private mutating func merge(_ pair: Pair, into symbol: Int, in word: Int) {
        let (left, right) = (Int32(pair.left), Int32(pair.right))
        let old = words[word]
        var new: [Int32] = []
        var index = 0
        while index < old.count {
            if index + 1 < old.count, old[index] == left, old[index + 1] == right {
                new.append(Int32(symbol))
                index += 2
            } else {
                new.append(old[index])
                index += 1
            }
        }
        guard new.count < old.count else { return }
        count(word, sign: -1)
        words[word] = new
        count(word, sign: 1, new: Int32(symbol))
    }

    /// Adds a word's pairs to the counts, or takes them away; `new` is the only symbol whose pairs can be new.
    private mutating func count(_ word: Int, sign: Int, new: Int32? = nil) {
        let symbols = words[word]
        guard symbols.count > 1 else { return }
        for index in 1..<symbols.count where symbols[index - 1] >= 0 && symbols[index] >= 0 {
            let pair = Pair(left: Int(symbols[index - 1]), right: Int(symbols[index]))
            guard !forbidden.contains(pair) else { continue }
            pairCounts[pair, default: 0] += sign * wordCounts[word]
            guard sign > 0, new == nil || symbols[index - 1] == new || symbols[index] == new else { continue }
            places[pair, default: []].append(Int32(word))
            if new != nil { fresh.insert(pair) }
        }
    }
}
