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
        let blocks = bootstrap.map { PairBlocks(sample.tokens, bootstrap: $0) }
        func pairs(isAdjacent: Bool) -> Pairs {
            let counts = PairCounts(routes, tokens: sample.tokens, load: visits, isAdjacent: isAdjacent)
            var pairs = Pairs(counts)
            blocks?.addIntervals(to: &pairs, counts: counts, routes: routes, isAdjacent: isAdjacent)
            return pairs
        }
        // The mean number of a visit's companions, k − 1, over the experts that they can be.
        chance = 2 * Double(sample.pairs) / visitSum / Double(experts - 1)
        allPairs = pairs(isAdjacent: false)
        adjacentRanks = pairs(isAdjacent: true)
    }
}

extension CoActivationReport.Pairs {
    fileprivate init(_ all: PairCounts) {
        let experts = all.load.count
        strongest = all.strongest(of: all.load.reduce(0, +))
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
