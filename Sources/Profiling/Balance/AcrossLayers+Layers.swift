extension AcrossLayers {
    /// Nil without layers.
    package init?(_ layers: [LayerReport]) {
        guard !layers.isEmpty else { return nil }
        maxOverMean = Percentiles(layers.map(\.maxOverMean))
        cv = Percentiles(layers.map(\.cv))
        gini = Percentiles(layers.map(\.gini))
        entropy = Percentiles(layers.map(\.entropy))
        effectiveExperts = Percentiles(layers.map(\.effectiveExperts))
        deadExperts = Percentiles(layers.map { Double($0.deadExperts) })
    }
}

extension AcrossLayers.Percentiles {
    init(_ values: [Double]) {
        let sorted = values.sorted()
        p50 = sorted.percentile(50)
        p75 = sorted.percentile(75)
        p90 = sorted.percentile(90)
        p95 = sorted.percentile(95)
        min = sorted.percentile(0)
        max = sorted.percentile(100)
    }
}
