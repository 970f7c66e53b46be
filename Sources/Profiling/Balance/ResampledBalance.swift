/// A measure of balance, and what it is in resamples of the tokens.
struct ResampledMeasure {
    let value: Double
    let resampled: [Double]
    let reflection: Reflection
    let range: ClosedRange<Double>
    /// What it might be if one thing stands out, to which chance adds nothing; empty for most measures. Only what is above
    /// the value counts.
    var outstanding: [Double] = []

    /// How a resample's value is put on the other side of the sample's: a resample is more uneven than the sample, as the
    /// sample is more uneven than what it came from.
    enum Reflection {
        case difference
        /// For what grows like a standard deviation: chance adds to the square of the distance from what it is when all
        /// loads are equal.
        case squares(fromEven: Double)
        /// For an exponential of what differences are reflected of.
        case ratio

        func callAsFunction(_ resample: Double, at value: Double) -> Double {
            switch self {
            case .difference: return 2 * value - resample
            case .squares(let even):
                let square = 2 * (value - even) * (value - even) - (resample - even) * (resample - even)
                return even + (value < even ? -1 : 1) * max(square, 0).squareRoot()
            case .ratio: return value * value / resample
            }
        }
    }

    /// What it might truly be, one value for every resample.
    var plausible: [Double] {
        resampled.indices.map { place in
            var plausible = reflection(resampled[place], at: value)
            if !outstanding.isEmpty, outstanding[place] > value { plausible = max(plausible, outstanding[place]) }
            return min(max(plausible, range.lowerBound), range.upperBound)
        }
    }

    var interval: Interval { Interval(around: value, reflected: plausible, within: range) }
}

/// The measures of balance in resamples of the tokens.
struct ResampledBalance {
    let maxOverMean: ResampledMeasure
    let minOverMean: ResampledMeasure
    let cv: ResampledMeasure
    let gini: ResampledMeasure
    let entropy: ResampledMeasure
    let effectiveExperts: ResampledMeasure
    let deadExperts: ResampledMeasure
    /// For each expert of few enough.
    let load: [Interval]?

    /// Layers of more experts have no interval of every load.
    private static let mostLoads = 1024

    init(_ balance: LoadBalance, load: [Int], routes: RoutingTable.Routes, bootstrap: BlockBootstrap) {
        let blocks = BlockLoads(bootstrap.blocks, routes: routes, experts: load.count)
        let loads = bootstrap.resampling.draws.map { draw in
            var load = [Int](repeating: 0, count: load.count)
            for block in draw { blocks.add(block, to: &load) }
            return load
        }
        let (experts, ceiling) = (Double(load.count), balance.maxOverMeanCeiling)
        let resamples = loads.map { LoadBalance(loads: $0, visitsPerToken: experts / ceiling) }
        func measure(
            _ number: (LoadBalance) -> Double, _ reflection: ResampledMeasure.Reflection, _ range: ClosedRange<Double>
        ) -> ResampledMeasure {
            ResampledMeasure(
                value: number(balance), resampled: resamples.map(number), reflection: reflection, range: range)
        }
        var peak = measure(\.maxOverMean, .squares(fromEven: 1), 1...max(ceiling, 1))
        // Squares alone hold the truth too seldom where one expert is busier than the others, its own share alone where all
        // are alike (Benchmarks/profiling/coverage.py).
        let busiest = load.indices.max { load[$0] < load[$1] } ?? 0
        peak.outstanding = loads.map { load in
            2 * peak.value - Double(load[busiest]) * experts / Double(max(load.reduce(0, +), 1))
        }
        maxOverMean = peak
        minOverMean = measure(\.minOverMean, .squares(fromEven: 1), 0...1)
        cv = measure(\.coefficientOfVariation, .squares(fromEven: 0), 0...balance.coefficientOfVariationCeiling)
        gini = measure(\.gini, .squares(fromEven: 0), 0...balance.giniCeiling)
        entropy = measure(\.normalizedEntropy, .difference, 0...1)
        effectiveExperts = measure(\.effectiveExperts, .ratio, 1...experts)
        // Who was visited is not dead: the interval ends at the value.
        deadExperts = measure({ Double($0.idleExperts) }, .difference, 0...experts)
        self.load = load.count > Self.mostLoads ? nil : Self.intervals(of: load, resampled: loads)
    }

    private static func intervals(of load: [Int], resampled loads: [[Int]]) -> [Interval] {
        load.enumerated().map { expert, visits in
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
        self.init(ResampledBalance(balance, load: load, routes: routes, bootstrap: bootstrap))
    }

    /// Without those of drops.
    init(_ balance: ResampledBalance) {
        load = balance.load
        let peak = balance.maxOverMean.interval
        maxOverMean = peak
        minOverMean = balance.minOverMean.interval
        maxViolation = Interval(low: peak.low - 1, high: peak.high - 1)
        cv = balance.cv.interval
        gini = balance.gini.interval
        entropy = balance.entropy.interval
        effectiveExperts = balance.effectiveExperts.interval
        deadExperts = balance.deadExperts.interval
    }
}
