#if canImport(Glibc)
    import Glibc
#endif

extension CoActivationReport {
    /// Nil where no token visits two experts.
    ///
    /// Where tokens make more than 16 million pairs, or half a million of more than 1,024 experts, a part of the tokens
    /// drawn by chance is counted, and the diagonal holds their visits. Of a token's visits the first 64 count.
    init?(_ routes: RoutingTable.Routes, load: [Int], bootstrap: BlockBootstrap?) {
        let experts = load.count
        var sample = PairSample(routes, experts: experts)
        guard sample.pairs > 0 else { return nil }
        if !sample.isWhole { sample.countLoad(of: routes) }
        let visits = sample.isWhole ? load : sample.load
        let visitSum = Double(visits.reduce(0, +))
        let all = PairCounts(routes, tokens: sample.tokens, load: visits, isAdjacent: false)
        let adjacent = PairCounts(routes, tokens: sample.tokens, load: visits, isAdjacent: true)
        // The mean number of a visit's companions, k − 1, over the experts that they can be.
        chance = 2 * Double(sample.pairs) / visitSum / Double(experts - 1)
        allPairs = Pairs(all)
        adjacentRanks = Pairs(adjacent)
    }
}

/// Tokens whose pairs are counted.
private struct PairSample {
    static let mostVisits = 64

    private(set) var tokens: [Int32] = []
    /// That the tokens make.
    private(set) var pairs = 0
    /// Whether these are all pairs that there are.
    private(set) var isWhole = true
    private(set) var load: [Int]

    init(_ routes: RoutingTable.Routes, experts: Int) {
        load = [Int](repeating: 0, count: experts)
        let most = experts > PairCounts.mostDense ? 1 << 19 : 1 << 24
        func pairs(of token: Int) -> Int {
            let visits = min(routes.visits(of: token).count, Self.mostVisits)
            return visits * (visits - 1) / 2
        }
        let sum = (0..<routes.starts.count - 1).reduce(0) { $0 + pairs(of: $1) }
        guard sum > 0 else { return }
        var random = SeededRandom(seed: 3)
        for token in 0..<routes.starts.count - 1 where !routes.visits(of: token).isEmpty {
            if sum > most, Double.random(in: 0..<1, using: &random) * Double(sum) >= Double(most) { continue }
            tokens.append(Int32(token))
            self.pairs += pairs(of: token)
            if routes.visits(of: token).count > Self.mostVisits { isWhole = false }
        }
        if self.pairs < sum { isWhole = false }
    }

    mutating func countLoad(of routes: RoutingTable.Routes) {
        for token in tokens {
            for expert in routes.experts(of: Int(token)).prefix(Self.mostVisits) { load[Int(expert)] += 1 }
        }
    }
}

/// How often two experts are visited by the same token: for each pair that came, the lesser expert first, in order.
private struct PairCounts {
    /// With more experts a matrix of all pairs would be too large.
    static let mostDense = 1024

    var load: [Int]
    private(set) var pairs: [(first: Int, second: Int, count: Int)] = []

    init(_ routes: RoutingTable.Routes, tokens: [Int32], load: [Int], isAdjacent: Bool) {
        self.load = load
        if load.count > Self.mostDense {
            countSorted(routes, tokens: tokens, isAdjacent: isAdjacent)
        } else {
            countDense(routes, tokens: tokens, isAdjacent: isAdjacent)
        }
    }

    private mutating func countDense(_ routes: RoutingTable.Routes, tokens: [Int32], isAdjacent: Bool) {
        let experts = load.count
        var counts = [UInt32](repeating: 0, count: experts * experts)  // in both triangles, added below
        for token in tokens {
            Self.forEachPair(of: routes.experts(of: Int(token)), isAdjacent: isAdjacent) {
                counts[Int($0) * experts + Int($1)] += 1
            }
        }
        for first in 0..<experts {
            for second in first + 1..<experts {
                let count = Int(counts[first * experts + second]) + Int(counts[second * experts + first])
                if count > 0 { pairs.append((first, second, count)) }
            }
        }
    }

    private mutating func countSorted(_ routes: RoutingTable.Routes, tokens: [Int32], isAdjacent: Bool) {
        var keys: [UInt32] = []
        for token in tokens {
            Self.forEachPair(of: routes.experts(of: Int(token)), isAdjacent: isAdjacent) {
                keys.append(UInt32(min($0, $1)) << 16 | UInt32(max($0, $1)))
            }
        }
        keys.sort()
        var begin = 0
        for end in 1..<keys.count + 1 where end == keys.count || keys[end] != keys[begin] {
            pairs.append((Int(keys[begin] >> 16), Int(keys[begin] & 0xFFFF), end - begin))
            begin = end
        }
    }

    @inline(__always)
    private static func forEachPair(
        of experts: ArraySlice<UInt16>, isAdjacent: Bool, _ body: (UInt16, UInt16) -> Void
    ) {
        let end = min(experts.endIndex, experts.startIndex + PairSample.mostVisits)
        for first in experts.startIndex..<end {
            let last = isAdjacent ? min(first + 2, end) : end
            for second in min(first + 1, last)..<last { body(experts[first], experts[second]) }
        }
    }
}

extension CoActivationReport.Pairs {
    fileprivate init(_ all: PairCounts) {
        let experts = all.load.count
        var strongest = [Int](repeating: 0, count: experts)
        for pair in all.pairs {
            strongest[pair.first] = max(strongest[pair.first], pair.count)
            strongest[pair.second] = max(strongest[pair.second], pair.count)
        }
        // Σ visits(i) / visits × max P(j | i)
        self.strongest = Double(strongest.reduce(0, +)) / Double(all.load.reduce(0, +))
        top = Self.top(all)
        guard experts <= CoActivationReport.greatestMatrix else { return }
        var matrix = (0..<experts).map { expert in
            var row = [Int](repeating: 0, count: experts)
            row[expert] = all.load[expert]
            return row
        }
        for pair in all.pairs {
            matrix[pair.first][pair.second] = pair.count
            matrix[pair.second][pair.first] = pair.count
        }
        counts = matrix
    }

    /// The 20 pairs of the greatest lift among those that came 10 times at least, and so often that chance would in less
    /// than one of 20 layers make any pair come so far beyond its share (Chernoff's bound of a Poisson tail).
    private static func top(_ all: PairCounts) -> [CoActivationReport.Pair] {
        let load = all.load.map(Double.init)
        let (visits, squares) = load.reduce((0, 0)) { ($0.0 + $1, $0.1 + $1 * $1) }
        let pairs = all.pairs.reduce(0) { $0 + $1.count }
        // Of all pairs of visits to two different experts, as many as came.
        let scale = 2 * Double(pairs) / max(visits * visits - squares, 1)
        let surprise = log(20 * Double(load.count) * Double(load.count - 1) / 2)
        let candidates = all.pairs.compactMap { pair -> CoActivationReport.Pair? in
            let count = Double(pair.count)
            let lift = count / (scale * load[pair.first] * load[pair.second])
            guard pair.count >= 10, lift > 1, count * (log(lift) - 1 + 1 / lift) >= surprise else { return nil }
            let isOrdered = load[pair.first] <= load[pair.second]
            let (first, second) = isOrdered ? (pair.first, pair.second) : (pair.second, pair.first)
            return CoActivationReport.Pair(
                first: first, second: second, count: pair.count, probability: count / load[first], lift: lift)
        }
        let sorted = candidates.sorted { ($1.lift, $0.first, $0.second) < ($0.lift, $1.first, $1.second) }
        return Array(sorted.prefix(20))
    }
}
