/// How far measures of a layer would be from what they are, had other tokens come: a bootstrap over contiguous blocks
/// of tokens (Carlstein, 1986), since neighbors are alike.
///
/// There are 16 to 100 blocks of 16 tokens or more (6 or more in a short trace), and 200 resamples; 40 for very many
/// experts. A resample is more uneven than the sample, as the sample is more uneven than what it came from; so the
/// resamples' quantiles are reflected at the measure (the basic bootstrap). For measures that grow like a standard
/// deviation it is their squares to which chance adds, and which are reflected. An interval always holds the measure
/// itself.
struct BlockBootstrap {
    static let leastTokens = 96

    private let blocks: TokenBlocks
    private let draws: [[Int]]

    /// Nil for too few tokens with visits.
    init?(_ routes: RoutingTable.Routes, experts: Int) {
        let tokens = (0..<Int32(routes.starts.count - 1)).filter { !routes.visits(of: Int($0)).isEmpty }
        guard tokens.count >= Self.leastTokens else { return nil }
        let blocks = TokenBlocks(tokens, count: min(max(tokens.count / 16, min(tokens.count / 6, 24)), 100))
        var random = SeededRandom(seed: 1)
        self.blocks = blocks
        draws = (0..<min(max(1 << 20 / experts, 40), 200)).map { _ in
            (0..<blocks.count).map { _ in Int.random(in: 0..<blocks.count, using: &random) }
        }
    }

    func intervals(of balance: LoadBalance, routes: RoutingTable.Routes, experts: Int) -> LayerReport.Intervals {
        let loads = BlockLoads(blocks, routes: routes, experts: experts)
        let resamples = draws.map { draw in
            var load = [Int](repeating: 0, count: experts)
            for block in draw { loads.add(block, to: &load) }
            return LoadBalance(loads: load, visitsPerToken: Double(experts) / balance.maxOverMeanCeiling)
        }
        // Of a measure that is `even` where all loads are equal.
        func interval(_ measure: (LoadBalance) -> Double, above even: Double, upTo ceiling: Double) -> Interval {
            func square(_ balance: LoadBalance) -> Double { (measure(balance) - even) * (measure(balance) - even) }
            let squares = Interval(
                around: square(balance), resampled: resamples.map { square($0) },
                within: 0...max((ceiling - even) * (ceiling - even), square(balance)))
            let value = measure(balance)
            return Interval(
                low: min(even + squares.low.squareRoot(), value), high: max(even + squares.high.squareRoot(), value))
        }
        let count = Double(experts)
        return LayerReport.Intervals(
            maxOverMean: interval(\.maxOverMean, above: 1, upTo: balance.maxOverMeanCeiling),
            cv: interval(\.coefficientOfVariation, above: 0, upTo: (count - 1).squareRoot()),
            gini: interval(\.gini, above: 0, upTo: (count - 1) / count),
            entropy: Interval(
                around: balance.normalizedEntropy, resampled: resamples.map(\.normalizedEntropy), within: 0...1))
    }

    /// Of the mean over tokens of a number between 0 and 1; NaN where a token has none.
    func interval(ofMean values: [Float]) -> Interval? {
        var sums = [(sum: Double, count: Double)](repeating: (0, 0), count: blocks.count)
        for block in 0..<blocks.count {
            for token in blocks.tokens(of: block) where !values[Int(token)].isNaN {
                sums[block].sum += Double(values[Int(token)])
                sums[block].count += 1
            }
        }
        func mean(_ blocks: some Sequence<Int>) -> Double {
            let total = blocks.reduce((0, 0)) { ($0.0 + sums[$1].sum, $0.1 + sums[$1].count) }
            return total.0 / total.1
        }
        guard sums.count(where: { $0.count > 0 }) >= 8 else { return nil }
        let means = draws.map(mean).filter(\.isFinite)
        return Interval(around: mean(0..<blocks.count), resampled: means, within: 0...1)
    }
}

extension Interval {
    fileprivate init(around value: Double, resampled: [Double], within range: ClosedRange<Double>) {
        let sorted = resampled.sorted()
        let reflected = (2 * value - sorted.percentile(97.5), 2 * value - sorted.percentile(2.5))
        low = min(max(reflected.0, range.lowerBound), value)
        high = max(min(reflected.1, range.upperBound), value)
    }
}
