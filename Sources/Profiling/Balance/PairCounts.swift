/// Tokens whose pairs are counted.
struct PairSample {
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
struct PairCounts {
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

    /// For each expert the one that comes with it most often, and how often; −1 for none.
    var strongestPartners: [(expert: Int, count: Int)] {
        var strongest = [(expert: Int, count: Int)](repeating: (-1, 0), count: load.count)
        for pair in pairs {
            if pair.count > strongest[pair.first].count { strongest[pair.first] = (pair.second, pair.count) }
            if pair.count > strongest[pair.second].count { strongest[pair.second] = (pair.first, pair.count) }
        }
        return strongest
    }

    /// The mean over visits of the greatest P(j | i).
    func strongest(of visits: Int) -> Double {
        // Σ visits(i) / visits × max P(j | i)
        Double(strongestPartners.reduce(0) { $0 + $1.count }) / Double(visits)
    }

    private mutating func countDense(_ routes: RoutingTable.Routes, tokens: [Int32], isAdjacent: Bool) {
        let experts = load.count
        var counts = [UInt32](repeating: 0, count: experts * experts)  // in both triangles, added below
        for token in tokens {
            forEachPair(of: routes.experts(of: Int(token)), isAdjacent: isAdjacent) {
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
            forEachPair(of: routes.experts(of: Int(token)), isAdjacent: isAdjacent) {
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
}

/// Pairs of the first experts of a token: all of them, or those of neighboring ranks.
@inline(__always)
func forEachPair(of experts: ArraySlice<UInt16>, isAdjacent: Bool, _ body: (UInt16, UInt16) -> Void) {
    let end = min(experts.endIndex, experts.startIndex + PairSample.mostVisits)
    for first in experts.startIndex..<end {
        let last = isAdjacent ? min(first + 2, end) : end
        for second in min(first + 1, last)..<last { body(experts[first], experts[second]) }
    }
}
