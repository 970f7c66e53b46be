extension TransitionReport {
    /// Experts that are told apart in a layer: of more, the busiest. Visits of the others are in no pair, and nobody
    /// guesses them.
    package static let mostExperts = 512

    /// Tokens whose experts are guessed, evenly spread over the second half.
    package static func mostGuessed(of experts: Int) -> Int { max(2048, min(1 << 20 / experts, 8192)) }

    /// From each layer to the next.
    package static func all(of table: RoutingTable) -> [Self] {
        guard table.layers.count > 1 else { return [] }
        var pairs = ExpertPairs(experts: min(table.experts, mostExperts))
        var before = ToldExperts(table, layer: 0, most: mostExperts)
        return (1..<table.layers.count).map { layer in
            let after = ToldExperts(table, layer: layer, most: mostExperts)
            defer { before = after }
            return Self(from: before, to: after, of: table, &pairs)
        }
    }

    private init(from before: ToldExperts, to after: ToldExperts, of table: RoutingTable, _ pairs: inout ExpertPairs) {
        let middle = table.tokenCount / 2
        pairs.removeAll()
        pairs.add(from: before, to: after, 0..<middle)
        let guesses = Guesses(from: before, to: after, by: pairs, middle..<table.tokenCount, experts: table.experts)
        pairs.add(from: before, to: after, middle..<table.tokenCount)

        self.from = table.layers[before.layer].name
        self.to = table.layers[after.layer].name
        recall = guesses.recall.valueOrZero
        popularityRecall = guesses.popularityRecall.valueOrZero
        chanceRecall = guesses.chanceRecall.valueOrZero
        let pointwise = pairs.pointwiseInformation
        var telling = TellingPairs()
        let information = pairs.mutualInformation(pointwise) { telling.add(before: $0, after: $1, $2) }
        mutualInformation = information
        let sums = TransitionBlocks(
            from: before, to: after, tokens: table.tokenCount, pairs: pairs, pointwise: pointwise,
            steps: telling.pairs.map { ($0.before, $0.after) })
        top = telling.pairs.enumerated().map { rank, pair in
            let count = Int(pairs.counts[pair.before * pairs.experts + pair.after])
            let probability = Double(count) / Double(pairs.before[pair.before])
            return Step(
                first: before.experts[pair.before], second: after.experts[pair.after], count: count,
                probability: probability, interval: sums?.interval(ofStep: rank, around: probability))
        }
        let intervals = Intervals(
            mutualInformation: sums?.interval(ofInformation: information), recall: guesses.interval(\.recall),
            popularityRecall: guesses.interval(\.popularityRecall), gain: guesses.interval(\.gain, within: -1...1))
        self.intervals = intervals == Intervals() ? nil : intervals
        counts = table.experts <= CoActivationReport.greatestMatrix ? pairs.matrix : nil
    }
}

/// The pairs that come more often than by chance and add most to mutual information, the first most.
private struct TellingPairs {
    private(set) var pairs: [(information: Double, before: Int, after: Int)] = []
    private let most = 10

    mutating func add(before: Int, after: Int, _ information: Double) {
        guard information > 0, pairs.count < most || information > pairs[most - 1].information else { return }
        if pairs.count == most { pairs.removeLast() }
        let place = pairs.firstIndex { $0.information < information } ?? pairs.count
        pairs.insert((information, before, after), at: place)
    }
}

/// How many of the experts that tokens visit next one would have guessed, with as many guesses.
private struct Guesses {
    /// In blocks of the tokens.
    private(set) var recall: BlockRatio
    private(set) var popularityRecall: BlockRatio
    private(set) var chanceRecall: BlockRatio
    private(set) var gain: BlockRatio
    private let resampling: BlockResampling?
    private let popularity: [Double]
    private var scores: [Double]
    /// That visit experts in both layers.
    private var tokens = 0

    init(
        from before: ToldExperts, to after: ToldExperts, by pairs: ExpertPairs, _ second: Range<Int>, experts: Int
    ) {
        let most = TransitionReport.mostGuessed(of: experts)
        let stride = max(1, (second.count + most - 1) / most)
        let guessed = Array(Swift.stride(from: second.lowerBound, to: second.upperBound, by: stride))
        resampling = BlockResampling(tokens: guessed.count)
        let blocks = EvenBlocks(things: guessed.count, count: resampling?.blocks ?? 1)
        recall = BlockRatio(blocks: blocks.count)
        (popularityRecall, chanceRecall, gain) = (recall, recall, recall)
        popularity = pairs.after.map(Double.init)
        scores = popularity
        guard pairs.tokens > 0 else { return }
        for block in 0..<blocks.count {
            for token in guessed[blocks[block]] {
                add(before.visited(by: token), after.visited(by: token), by: pairs, of: experts, to: block)
            }
        }
    }

    /// Nil for too few tokens.
    func interval(_ ratio: KeyPath<Self, BlockRatio>, within range: ClosedRange<Double> = 0...1) -> Interval? {
        guard tokens >= BlockResampling.leastTokens else { return nil }
        return resampling?.interval(of: self[keyPath: ratio], within: range)
    }

    private mutating func add(
        _ before: ToldExperts.Visited, _ after: ToldExperts.Visited, by pairs: ExpertPairs, of experts: Int,
        to block: Int
    ) {
        guard before.count > 0, after.count > 0 else { return }
        tokens += 1
        pairs.score(after: before.places, &scores)
        let hits = after.places.count { rank(of: $0, in: scores) < after.count }
        let popularHits = after.places.count { rank(of: $0, in: popularity) < after.count }
        recall.add(hits, of: after.count, to: block)
        popularityRecall.add(popularHits, of: after.count, to: block)
        gain.add(hits - popularHits, of: after.count, to: block)
        chanceRecall.add(
            Double(after.count * after.count) / Double(experts), of: Double(after.count), to: block)
    }

    /// How many come before it: those of a higher score, and of the same those with a lower number.
    private func rank(of expert: Int, in scores: [Double]) -> Int {
        let score = scores[expert]
        var rank = 0
        for other in 0..<expert { rank += scores[other] >= score ? 1 : 0 }
        for other in expert..<scores.count { rank += scores[other] > score ? 1 : 0 }
        return rank
    }
}

extension BlockRatio {
    fileprivate var valueOrZero: Double { value.isNaN ? 0 : value }
}

extension ExpertPairs {
    fileprivate mutating func add(from before: ToldExperts, to after: ToldExperts, _ tokens: Range<Int>) {
        var (first, second) = (ToldExperts.Visited(), ToldExperts.Visited())
        for token in tokens {
            before.read(token, &first)
            after.read(token, &second)
            add(before: first.places, after: second.places)
        }
    }

    fileprivate var matrix: [[Int]] {
        (0..<experts).map { row in counts[row * experts..<(row + 1) * experts].map(Int.init) }
    }
}
