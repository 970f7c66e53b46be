extension LayerReport {
    /// A report of every layer, in their order.
    package static func all(of table: RoutingTable) -> [LayerReport] { measured(table).layers }

    /// A report of every layer, and of all together; nil without layers.
    static func measured(_ table: RoutingTable) -> (layers: [LayerReport], across: AcrossLayers?) {
        var even = EvenRouter(experts: table.experts)
        var resampled: [ResampledBalance?] = []
        let layers = table.layers.indices.map { LayerReport(of: $0, in: table, even: &even, &resampled) }
        return (layers, AcrossLayers(layers, resampled: resampled))
    }

    private init(
        of index: Int, in table: RoutingTable, even: inout EvenRouter, _ resampled: inout [ResampledBalance?]
    ) {
        let routes = table.routes[index]
        let tokens = (0..<table.tokenCount).count { !routes.visits(of: $0).isEmpty }
        layer = table.layers[index].name
        promptLoad = table.load(ofLayer: index, phase: .prompt)
        decodeLoad = table.load(ofLayer: index, phase: .decode)
        load = zip(promptLoad, decodeLoad).map(+)
        visits = load.reduce(0, +)

        // Where tokens visit different numbers of experts, their mean is what a ceiling is about.
        let perToken = visits > 0 ? Double(visits) / Double(tokens) : Double(table.topK)
        let balance = LoadBalance(loads: load, visitsPerToken: perToken)
        maxOverMean = balance.maxOverMean
        maxOverMeanCeiling = balance.maxOverMeanCeiling
        minOverMean = balance.minOverMean
        maxViolation = balance.maxViolation
        cv = balance.coefficientOfVariation
        gini = balance.gini
        entropy = balance.normalizedEntropy
        effectiveExperts = balance.effectiveExperts
        deadExperts = balance.idleExperts
        isCollapsed = balance.isCollapsed
        ceilings = Ceilings(balance, experts: table.experts, visitsPerToken: visits > 0 ? perToken : 0)

        let bootstrap = BlockBootstrap(routes, experts: table.experts)
        let resamples = bootstrap.map { [load] in
            ResampledBalance(balance, load: load, routes: routes, bootstrap: $0)
        }
        resampled.append(resamples)
        var intervals = resamples.map { Intervals($0) } ?? Intervals()
        intervals.dropRates = routes.dropRateIntervals
        self.intervals = intervals
        chance = even.chance(for: routes)
        dropRates = routes.dropRates(topK: table.topK)
        gate = GateReport(routes, experts: table.experts)
        coActivation = CoActivationReport(routes, load: load, bootstrap: bootstrap)
    }
}

extension LayerReport.Ceilings {
    fileprivate init(_ balance: LoadBalance, experts: Int, visitsPerToken: Double) {
        maxViolation = balance.maxOverMeanCeiling - 1
        cv = balance.coefficientOfVariationCeiling
        gini = balance.giniCeiling
        entropy = 1
        effectiveExperts = Double(experts)
        // Some token visits at least the mean, rounded up.
        deadExperts = Double(experts) - visitsPerToken.rounded(.up)
    }
}
