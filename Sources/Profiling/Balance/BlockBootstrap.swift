/// The tokens that visit a layer, in blocks that are drawn anew.
struct BlockBootstrap {
    let blocks: TokenBlocks
    let resampling: BlockResampling

    /// Nil for too few tokens with visits. Very many experts are resampled 40 times instead of 200.
    init?(_ routes: RoutingTable.Routes, experts: Int) {
        let tokens = (0..<Int32(routes.starts.count - 1)).filter { !routes.visits(of: Int($0)).isEmpty }
        let resamples = min(max(1 << 20 / experts, 40), 200)
        guard let resampling = BlockResampling(tokens: tokens.count, resamples: resamples) else { return nil }
        blocks = TokenBlocks(tokens, count: resampling.blocks)
        self.resampling = resampling
    }
}

/// What the measures of balance might truly be, judging by resamples of the tokens: of each measure one value for every
/// resample.
///
/// A resample is more uneven than the sample, as the sample is more uneven than what it came from; so values are those of
/// the resamples reflected at the sample's. For measures that grow like a standard deviation it is their squares to which
/// chance adds, and which are reflected. Of max/mean that holds where all experts are alike; where one stands out, its own
/// share is reflected, if that gives more: together they cover the truth in 94 of 100 samples and more, either alone in
/// down to 83 and 34.
struct PlausibleBalances {
    private(set) var maxOverMean: [Double]
    private(set) var cv: [Double]
    private(set) var gini: [Double]
    private(set) var entropy: [Double]
    private(set) var effectiveExperts: [Double]
    private(set) var deadExperts: [Double]
    /// For each expert of few enough.
    private(set) var load: [Interval]?

    /// Layers of more experts have no interval of every load.
    private static let mostLoads = 1024

    init(_ balance: LoadBalance, load: [Int], routes: RoutingTable.Routes, bootstrap: BlockBootstrap) {
        let count = load.count
        let blocks = BlockLoads(bootstrap.blocks, routes: routes, experts: count)
        let loads = bootstrap.resampling.draws.map { draw in
            var load = [Int](repeating: 0, count: count)
            for block in draw { blocks.add(block, to: &load) }
            return load
        }
        let perToken = Double(count) / balance.maxOverMeanCeiling
        let resamples = loads.map { LoadBalance(loads: $0, visitsPerToken: perToken) }
        func reflected(_ measure: (LoadBalance) -> Double, above even: Double, upTo ceiling: Double) -> [Double] {
            func square(_ balance: LoadBalance) -> Double { (measure(balance) - even) * (measure(balance) - even) }
            let squared = square(balance)
            return resamples.map { min(even + max(2 * squared - square($0), 0).squareRoot(), ceiling) }
        }
        let busiest = load.indices.max { load[$0] < load[$1] } ?? 0
        let ofBusiest = loads.map { load in
            2 * balance.maxOverMean - Double(load[busiest] * count) / Double(max(load.reduce(0, +), 1))
        }
        maxOverMean = zip(reflected(\.maxOverMean, above: 1, upTo: balance.maxOverMeanCeiling), ofBusiest).map {
            $1 > balance.maxOverMean ? min(max($0, $1), balance.maxOverMeanCeiling) : $0
        }
        cv = reflected(\.coefficientOfVariation, above: 0, upTo: balance.coefficientOfVariationCeiling)
        gini = reflected(\.gini, above: 0, upTo: balance.giniCeiling)
        entropy = resamples.map { min(max(2 * balance.normalizedEntropy - $0.normalizedEntropy, 0), 1) }
        effectiveExperts = entropy.map { LoadBalance.effectiveExperts(atEntropy: $0, of: count) }
        // Who was visited is not dead.
        deadExperts = resamples.map { Double(max(2 * balance.idleExperts - $0.idleExperts, 0)) }
        guard count <= Self.mostLoads else { return }
        self.load = load.enumerated().map { expert, visits in
            let interval = Interval(
                around: Double(visits), resampled: loads.map { Double($0[expert]) }, within: 0...Double.infinity)
            return Interval(low: interval.low.rounded(), high: interval.high.rounded())
        }
    }
}

extension LayerReport.Intervals {
    /// Of balance alone; nil for too few tokens.
    init?(_ balance: LoadBalance, in table: RoutingTable, layer: Int) {
        let routes = table.routes[layer]
        guard let bootstrap = BlockBootstrap(routes, experts: table.experts) else { return nil }
        let load = table.load(ofLayer: layer)
        self.init(PlausibleBalances(balance, load: load, routes: routes, bootstrap: bootstrap), around: balance)
    }

    /// Without those of drops.
    init(_ plausible: PlausibleBalances, around balance: LoadBalance) {
        func interval(_ value: Double, _ values: [Double]) -> Interval {
            Interval(around: value, reflected: values, within: -.infinity ... .infinity)
        }
        load = plausible.load
        let peak = interval(balance.maxOverMean, plausible.maxOverMean)
        maxOverMean = peak
        maxViolation = Interval(low: peak.low - 1, high: peak.high - 1)
        cv = interval(balance.coefficientOfVariation, plausible.cv)
        gini = interval(balance.gini, plausible.gini)
        entropy = interval(balance.normalizedEntropy, plausible.entropy)
        effectiveExperts = interval(balance.effectiveExperts, plausible.effectiveExperts)
        deadExperts = interval(Double(balance.idleExperts), plausible.deadExperts)
    }
}
