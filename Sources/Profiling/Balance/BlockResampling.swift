/// How far a measure may be from that of all the text which the tokens are a sample of: a bootstrap over contiguous blocks of
/// tokens (Carlstein, 1986), since neighbors are alike.
///
/// There are 16 to 100 blocks, of 16 tokens or more where there are 384. A resample draws as many blocks as there are, some
/// more than once.
struct BlockResampling: Sendable {
    static let leastTokens = 96
    /// A ratio that fewer blocks have anything to say about has no interval.
    static let leastBlocks = 8

    let blocks: Int
    /// For each resample its blocks.
    let draws: [[Int]]

    /// Nil for too few tokens.
    init?(tokens: Int, resamples: Int = 200) {
        guard tokens >= Self.leastTokens else { return nil }
        self.init(blocks: min(max(tokens / 16, min(tokens / 6, 24)), 100), resamples: resamples)
    }

    init(blocks: Int, resamples: Int = 200) {
        self.blocks = blocks
        var random = SeededRandom(seed: 1)
        draws = (0..<resamples).map { _ in (0..<blocks).map { _ in Int.random(in: 0..<blocks, using: &random) } }
    }

    /// Of a ratio of two sums over all blocks, such as a mean over tokens. Nil where it rests on fewer than
    /// ``leastBlocks``.
    ///
    /// Sums in which a choice was made by all tokens (a token's favorite expert, say) take it as given.
    func interval(of ratio: BlockRatio, within range: ClosedRange<Double> = 0...1) -> Interval? {
        precondition(ratio.blocks == blocks, "a ratio of \(ratio.blocks) blocks, resampled \(blocks)")
        guard ratio.wholes.count(where: { $0 > 0 }) >= Self.leastBlocks else { return nil }
        let resampled = draws.map { draw in
            let sums = draw.reduce((0, 0)) { ($0.0 + ratio.parts[$1], $0.1 + ratio.wholes[$1]) }
            return sums.0 / sums.1
        }
        return Interval(around: ratio.value, resampled: resampled.filter(\.isFinite), within: range)
    }

    /// Of the mean of a number between 0 and 1 over the tokens of which it is known; nil for too few of them.
    static func interval(ofMean values: [Float]) -> Interval? {
        let known = values.filter(\.isFinite)
        guard let resampling = BlockResampling(tokens: known.count) else { return nil }
        let blocks = EvenBlocks(things: known.count, count: resampling.blocks)
        var mean = BlockRatio(blocks: blocks.count)
        for block in 0..<blocks.count {
            for place in blocks[block] { mean.add(Double(known[place]), of: 1, to: block) }
        }
        return resampling.interval(of: mean)
    }

    /// Of a measure that is about the ratio: what resamples differ by from the ratio, the measure would.
    func interval(of ratio: BlockRatio, around value: Double, within range: ClosedRange<Double>) -> Interval? {
        guard let interval = interval(of: ratio, within: -.infinity ... .infinity) else { return nil }
        let shift = value - ratio.value
        return Interval(
            low: min(max(interval.low + shift, range.lowerBound), value),
            high: max(min(interval.high + shift, range.upperBound), value))
    }

    /// Of a measure of sums over all blocks.
    ///
    /// - Parameters:
    ///   - parts: `[sums][blocks]`.
    ///   - measure: of the sums; NaN where they have none.
    func interval(
        of parts: [[Double]], within range: ClosedRange<Double>, _ measure: ([Double]) -> Double
    ) -> Interval? {
        let value = measure(parts.map { $0.reduce(0, +) })
        let resampled = draws.map { draw in measure(parts.map { part in draw.reduce(0) { $0 + part[$1] } }) }
        let known = resampled.filter(\.isFinite)
        guard value.isFinite, known.count > draws.count / 2 else { return nil }
        return Interval(around: value, resampled: known, within: range)
    }
}

/// A ratio of two sums, of which every block has a part.
struct BlockRatio: Sendable {
    private(set) var parts: [Double]
    private(set) var wholes: [Double]

    init(blocks: Int) {
        parts = [Double](repeating: 0, count: blocks)
        wholes = parts
    }

    var blocks: Int { parts.count }
    /// NaN where there is nothing to divide by.
    var value: Double { parts.reduce(0, +) / wholes.reduce(0, +) }

    mutating func add(_ part: Double, of whole: Double, to block: Int) {
        parts[block] += part
        wholes[block] += whole
    }

    mutating func add(_ part: Int, of whole: Int, to block: Int) { add(Double(part), of: Double(whole), to: block) }
}
