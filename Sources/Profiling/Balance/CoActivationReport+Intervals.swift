/// The tokens whose pairs are counted, in the blocks that are drawn anew.
struct PairBlocks {
    private let tokens: [Int32]
    private let blockOfToken: [Int32]
    /// In `tokens`, one more than there are blocks.
    private let starts: [Int]
    private let resampling: BlockResampling

    /// Of more pairs, partners are taken as given: choosing them anew takes long, and chance matters less.
    private static let mostChosen = 1 << 23

    init(_ tokens: [Int32], bootstrap: BlockBootstrap) {
        self.tokens = tokens
        resampling = bootstrap.resampling
        let blocks = bootstrap.blocks
        var block = 0
        blockOfToken = tokens.map { token in
            while let last = blocks.tokens(of: block).last, last < token { block += 1 }
            return Int32(block)
        }
        var starts = [Int](repeating: 0, count: blocks.count + 1)
        for block in blockOfToken { starts[Int(block) + 1] += 1 }
        for block in 0..<blocks.count { starts[block + 1] += starts[block] }
        self.starts = starts
    }

    /// Intervals of the strongest partners and of the top pairs, which are given.
    func addIntervals(
        to pairs: inout CoActivationReport.Pairs, counts: PairCounts, routes: RoutingTable.Routes, isAdjacent: Bool
    ) {
        let partners = counts.strongestPartners
        var strongest = BlockRatio(blocks: resampling.blocks)
        var sums = PairSums(pairs.top, experts: partners.count, blocks: resampling.blocks)
        for (token, block) in zip(tokens, blockOfToken) {
            let experts = routes.experts(of: Int(token))
            var withPartner = 0
            forEachPair(of: experts, isAdjacent: isAdjacent) { first, second in
                if partners[Int(first)].expert == Int(second) { withPartner += 1 }
                if partners[Int(second)].expert == Int(first) { withPartner += 1 }
                sums.add(Int(first), Int(second), to: Int(block))
            }
            let visits = experts.prefix(PairSample.mostVisits)
            strongest.add(withPartner, of: visits.count, to: Int(block))
            for expert in visits { sums.addVisit(of: Int(expert), to: Int(block)) }
        }
        pairs.interval = resampling.interval(of: strongest).map { interval in
            let byChance = pairs.strongest - leastStrongest(counts, routes: routes, isAdjacent: isAdjacent)
            return Interval(low: max(interval.low - byChance, 0), high: interval.high)
        }
        for place in pairs.top.indices {
            pairs.top[place].intervals = sums.intervals(
                of: pairs.top[place], at: place, visits: strongest.wholes, resampling)
        }
    }

    /// The least that partners might truly have in common.
    ///
    /// The greatest of many numbers is too great by chance: in half of the tokens twice as much, if one takes the square of
    /// the distance from what it is without preference. Every other block makes a half, and the more uneven one counts.
    private func leastStrongest(_ counts: PairCounts, routes: RoutingTable.Routes, isAdjacent: Bool) -> Double {
        let (experts, visits) = (counts.load.count, counts.load.reduce(0, +))
        let (strongest, all) = (counts.strongest(of: visits), counts.pairs.reduce(0) { $0 + $1.count })
        let chance = 2 * Double(all) / Double(visits) / Double(experts - 1)
        guard all <= Self.mostChosen, strongest > chance else { return strongest }
        let reflection = ResampledMeasure.Reflection.squares(fromEven: chance)
        let none = [Int](repeating: 0, count: experts)
        let plausible = [0, 1].map { half in
            let blocks = stride(from: half, to: resampling.blocks, by: 2)
            let drawn = blocks.flatMap { tokens[starts[$0]..<starts[$0 + 1]] }
            let visits = drawn.reduce(0) { $0 + routes.experts(of: Int($1)).prefix(PairSample.mostVisits).count }
            let counts = PairCounts(routes, tokens: drawn, load: none, isAdjacent: isAdjacent)
            return visits > 0 ? reflection(counts.strongest(of: visits), at: strongest) : strongest
        }
        return min(plausible[0], plausible[1], strongest)
    }
}

/// How often each of a few pairs, and each expert of them, comes in every block.
private struct PairSums {
    /// `[pairs][blocks]`.
    private var together: [[Double]]
    /// `[experts of pairs][blocks]`.
    private var visits: [[Double]] = []
    /// For each expert its place in `visits`; −1 for one that is in no pair.
    private var places: [Int]
    /// For each expert its pairs.
    private var pairsOfExpert: [[(other: Int, pair: Int)]]

    init(_ pairs: [CoActivationReport.Pair], experts: Int, blocks: Int) {
        let zeros = [Double](repeating: 0, count: blocks)
        together = pairs.map { _ in zeros }
        places = [Int](repeating: -1, count: experts)
        pairsOfExpert = [[(other: Int, pair: Int)]](repeating: [], count: experts)
        for (place, pair) in pairs.enumerated() {
            for (expert, other) in [(pair.first, pair.second), (pair.second, pair.first)] {
                pairsOfExpert[expert].append((other, place))
                guard places[expert] < 0 else { continue }
                places[expert] = visits.count
                visits.append(zeros)
            }
        }
    }

    mutating func add(_ first: Int, _ second: Int, to block: Int) {
        guard places[first] >= 0 else { return }
        for (other, pair) in pairsOfExpert[first] where other == second { together[pair][block] += 1 }
    }

    mutating func addVisit(of expert: Int, to block: Int) {
        if places[expert] >= 0 { visits[places[expert]][block] += 1 }
    }

    func intervals(
        of pair: CoActivationReport.Pair, at place: Int, visits all: [Double], _ resampling: BlockResampling
    ) -> CoActivationReport.Pair.Intervals {
        let (first, second) = (visits[places[pair.first]], visits[places[pair.second]])
        // The lift is proportional to n(i, j) × n / (n(i) n(j)).
        func lift(_ sums: [Double]) -> Double { sums[0] * sums[3] / (sums[1] * sums[2]) }
        let parts = [together[place], first, second, all]
        let scale = pair.lift / lift(parts.map { $0.reduce(0, +) })
        return CoActivationReport.Pair.Intervals(
            probability: resampling.interval(of: [together[place], first], within: 0...1) { $0[0] / $0[1] },
            lift: resampling.interval(of: parts, within: 0...Double.infinity) { lift($0) * scale })
    }
}
