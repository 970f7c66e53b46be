extension AcrossLayers {
    /// Nil without layers.
    package init?(_ layers: [LayerReport]) { self.init(layers, resampled: []) }

    /// - Parameter resampled: each layer, all by the same resamples.
    init?(_ layers: [LayerReport], resampled: [ResampledBalance?]) {
        guard !layers.isEmpty else { return nil }
        let known = resampled.compactMap(\.self)
        let balances = known.count == layers.count ? known : []
        maxOverMean = Percentiles(layers.map(\.maxOverMean), balances.map(\.maxOverMean))
        cv = Percentiles(layers.map(\.cv), balances.map(\.cv))
        gini = Percentiles(layers.map(\.gini), balances.map(\.gini))
        entropy = Percentiles(layers.map(\.entropy), balances.map(\.entropy))
        effectiveExperts = Percentiles(layers.map(\.effectiveExperts), balances.map(\.effectiveExperts))
        deadExperts = Percentiles(layers.map { Double($0.deadExperts) }, balances.map(\.deadExperts))
    }
}

extension AcrossLayers.Percentiles {
    /// - Parameter measures: of each layer; empty where that is not known.
    fileprivate init(_ values: [Double], _ measures: [ResampledMeasure]) {
        let sorted = values.sorted()
        p50 = sorted.percentile(50)
        p75 = sorted.percentile(75)
        p90 = sorted.percentile(90)
        p95 = sorted.percentile(95)
        min = sorted.percentile(0)
        max = sorted.percentile(100)
        intervals = Intervals(around: sorted, measures)
    }
}

extension AcrossLayers.Percentiles.Intervals {
    /// Chance spreads the layers: where they are alike, percentiles of what each might truly be are too far out. A percentile
    /// of resamples that is itself reflected allows for that, but takes all of the spread for chance. The interval holds
    /// both.
    fileprivate init?(around sorted: [Double], _ measures: [ResampledMeasure]) {
        guard let first = measures.first else { return nil }
        let range = measures.reduce(first.range) {
            Swift.min($0.lowerBound, $1.range.lowerBound)...Swift.max($0.upperBound, $1.range.upperBound)
        }
        let plausible = Self.sortedLayers(measures.map(\.plausible))
        let resampled = Self.sortedLayers(measures.map(\.resampled))
        func interval(_ percent: Double) -> Interval {
            let value = sorted.percentile(percent)
            let ofLayers = Interval(around: value, reflected: plausible.map { $0.percentile(percent) }, within: range)
            let reflected = Interval(
                around: value, reflected: resampled.map { first.reflection($0.percentile(percent), at: value) },
                within: range)
            return Interval(
                low: Swift.min(ofLayers.low, reflected.low), high: Swift.max(ofLayers.high, reflected.high))
        }
        self.init(
            p50: interval(50), p75: interval(75), p90: interval(90), p95: interval(95), min: interval(0),
            max: interval(100))
    }

    /// For each resample the layers' values, the least first.
    private static func sortedLayers(_ values: [[Double]]) -> [[Double]] {
        values[0].indices.map { resample in values.map { $0[resample] }.sorted() }
    }
}
