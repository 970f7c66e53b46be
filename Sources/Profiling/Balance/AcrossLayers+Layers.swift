extension AcrossLayers {
    /// Nil without layers.
    package init?(_ layers: [LayerReport]) { self.init(layers, plausible: []) }

    /// - Parameter plausible: of each layer; intervals are those of the same resamples in all of them.
    init?(_ layers: [LayerReport], plausible: [PlausibleBalances?]) {
        guard !layers.isEmpty else { return nil }
        let known = plausible.compactMap(\.self)
        let resampled = known.count == layers.count ? known : []
        maxOverMean = Percentiles(layers.map(\.maxOverMean), resampled.map(\.maxOverMean))
        cv = Percentiles(layers.map(\.cv), resampled.map(\.cv))
        gini = Percentiles(layers.map(\.gini), resampled.map(\.gini))
        entropy = Percentiles(layers.map(\.entropy), resampled.map(\.entropy))
        effectiveExperts = Percentiles(layers.map(\.effectiveExperts), resampled.map(\.effectiveExperts))
        deadExperts = Percentiles(layers.map { Double($0.deadExperts) }, resampled.map(\.deadExperts))
    }
}

extension AcrossLayers.Percentiles {
    /// - Parameter plausible: for each layer as many values as there are resamples; empty where that is not known.
    fileprivate init(_ values: [Double], _ plausible: [[Double]]) {
        let sorted = values.sorted()
        p50 = sorted.percentile(50)
        p75 = sorted.percentile(75)
        p90 = sorted.percentile(90)
        p95 = sorted.percentile(95)
        min = sorted.percentile(0)
        max = sorted.percentile(100)
        guard let resamples = plausible.first?.indices else { return }
        let layers = resamples.map { resample in plausible.map { $0[resample] }.sorted() }
        func interval(_ percent: Double) -> Interval {
            Interval(
                around: sorted.percentile(percent), reflected: layers.map { $0.percentile(percent) },
                within: -.infinity ... .infinity)
        }
        intervals = Intervals(
            p50: interval(50), p75: interval(75), p90: interval(90), p95: interval(95), min: interval(0),
            max: interval(100))
    }
}
