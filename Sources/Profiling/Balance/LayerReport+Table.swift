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

extension RoutingTable.Routes {
    /// For each rank the share of its choices that were turned away.
    ///
    /// A choice that takes the place of one turned away moves up in the list of visits. So where every token made k choices,
    /// and the sums agree with that, the choices of a rank are as many as those tokens; else a rank's visits and drops.
    fileprivate func dropRates(topK: Int) -> [Double] {
        guard let most = dropped.max(), most > 0 else { return [] }
        var tokens: [Int] = []  // that visit more than 0, 1, 2 … experts
        for token in 0..<starts.count - 1 {
            for rank in 0..<visits(of: token).count {
                if rank == tokens.count { tokens.append(0) }
                tokens[rank] += 1
            }
        }
        let choices = experts.count + dropped.reduce(0, +)
        let isWhole =
            choices % topK == 0 && choices / topK >= most && choices / topK < starts.count
            && dropped.count <= topK && tokens.count <= topK
        return dropped.enumerated().map { rank, dropped in
            let visited = isWhole ? choices / topK - dropped : rank < tokens.count ? tokens[rank] : 0
            return dropped + visited > 0 ? Double(dropped) / Double(dropped + visited) : 0
        }
    }
}
