extension LayerReport {
    /// A report of every layer, in their order.
    package static func all(of table: RoutingTable) -> [LayerReport] {
        var even = EvenRouter(experts: table.experts)
        return table.layers.indices.map { LayerReport(of: $0, in: table, even: &even) }
    }

    private init(of index: Int, in table: RoutingTable, even: inout EvenRouter) {
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

        let bootstrap = BlockBootstrap(routes, experts: table.experts)
        intervals = bootstrap?.intervals(of: balance, routes: routes, experts: table.experts) ?? Intervals()
        chance = even.chance(for: routes)
        dropRates = routes.dropRates(topK: table.topK)
        gate = GateReport(routes, experts: table.experts, bootstrap: bootstrap)
        coActivation = CoActivationReport(routes, load: load)
    }
}
