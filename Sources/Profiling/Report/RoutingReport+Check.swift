extension RoutingReport {
    /// Whether a report that was read from a file can be one: sizes that agree, and numbers that can be added.
    ///
    /// - Throws: ``ProfilingError`` that names what is wrong.
    package func check() throws {
        try Self.check([source.texts, source.tokens, source.visits, source.layers, source.experts], "source")
        try Self.require(source.topK > 0 || layers.isEmpty, "source.top_k is \(source.topK)")
        for (place, layer) in layers.enumerated() { try check(layer, "layers[\(place)]") }
        for layer in domains?.layers ?? [] { try check(layer) }
        for transition in transitions {
            try Self.check(table: transition.counts ?? [], "transitions")
            try Self.check(transition.top.flatMap { [$0.first, $0.second, $0.count] }, "transitions")
        }
        if let cache { try check(cache) }
        for window in drift?.windows ?? [] { try Self.check([window.firstToken, window.tokens], "drift") }
        try Self.check(learning?.steps ?? [], "learning.steps")
    }

    private func check(_ layer: LayerReport, _ name: String) throws {
        try Self.require((1...1 << 20).contains(layer.load.count), "\(name).load has \(layer.load.count) experts")
        try Self.check(layer.load + [layer.visits], "\(name).load")
        for load in [layer.promptLoad, layer.decodeLoad] {
            try Self.check(load, "\(name).load of a phase")
            try Self.require(load.isEmpty || load.count == layer.load.count, "\(name) has phases of other experts")
        }
        try Self.require(
            layer.intervals.load.map { $0.count == layer.load.count } ?? true, "\(name).intervals has loads of others")
        try Self.require((0...layer.load.count).contains(layer.deadExperts), "\(name).dead_experts")
        try Self.check(layer.gate?.confidenceHistogram ?? [], "\(name).gate.confidence_histogram")
        for pairs in [layer.coActivation?.allPairs, layer.coActivation?.adjacentRanks].compactMap({ $0 }) {
            try Self.check(table: pairs.counts ?? [], "\(name).co_activation")
            try Self.require(
                pairs.counts.map { $0.count == $0.first?.count ?? 0 } ?? true, "\(name).co_activation is no square")
        }
    }

    private func check(_ layer: DomainReport.Layer) throws {
        try Self.check(table: layer.load, "domains")
        try Self.require(layer.load.count == domains?.names.count, "a layer has loads of other domains")
    }

    private func check(_ cache: CacheReport) throws {
        try Self.check([cache.requests, cache.counted, cache.firstRequests, cache.experts, cache.cycle], "cache")
        try Self.check(cache.reuseDistances.flatMap { [$0.from, $0.requests] }, "cache.reuse_distances")
        try Self.check(cache.workingSet.map(\.tokens) + cache.points.map(\.capacity), "cache")
    }

    /// Amounts that can be added without a second look.
    private static func check(_ amounts: [Int], _ name: String) throws {
        if let wrong = amounts.first(where: { !(0...1 << 40).contains($0) }) { throw error("\(name) has a \(wrong)") }
    }

    private static func check(table: [[Int]], _ name: String) throws {
        for row in table {
            try check(row, name)
            try require(row.count == table[0].count, "\(name) has rows of \(table[0].count) and \(row.count)")
        }
    }

    private static func require(_ condition: Bool, _ complaint: String) throws {
        if !condition { throw error(complaint) }
    }

    private static func error(_ complaint: String) -> ProfilingError {
        ProfilingError("This report contradicts itself: \(complaint)")
    }
}
