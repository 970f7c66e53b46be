import Profiling
import Testing

/// What every measure keeps, whatever the table.
@Suite struct BalancePropertiesTests {
    private func isNear(_ one: Double, _ other: Double) -> Bool { abs(one - other) < 1e-9 }

    /// The same routes with every expert under another number.
    private func permuted(_ routes: [[[Int]]], experts: Int) -> [[[Int]]] {
        routes.map { layer in layer.map { token in token.map { ($0 * 3 + 2) % experts } } }
    }

    @Test func `other numbers for the experts change no scalar`() throws {
        var random = SeededRandom(seed: 5)
        let routes = (0..<2).map { layer in
            (0..<400).map { token -> [Int] in
                let first = min(Int.random(in: 0..<8, using: &random), Int.random(in: 0..<8, using: &random))
                return [first, (first + 1 + layer + token / 100) % 8]
            }
        }
        let tables = [routes, permuted(routes, experts: 8)].map {
            RoutingTable.sample(experts: 8, topK: 2, routes: $0, ids: (0..<400).map { $0 % 7 })
        }
        let reports = tables.map { LayerReport.all(of: $0) }
        for (one, other) in zip(reports[0], reports[1]) {
            #expect(one.load != other.load && one.load.sorted() == other.load.sorted())
            #expect(one.maxOverMean == other.maxOverMean && one.minOverMean == other.minOverMean)
            #expect(isNear(one.cv, other.cv) && isNear(one.gini, other.gini) && isNear(one.entropy, other.entropy))
            #expect(one.deadExperts == other.deadExperts && one.isCollapsed == other.isCollapsed)
            #expect(one.chance == other.chance)
            let (interval, another) = (try #require(one.intervals.gini), try #require(other.intervals.gini))
            #expect(isNear(interval.low, another.low) && isNear(interval.high, another.high))
            let (pairs, others) = (try #require(one.coActivation), try #require(other.coActivation))
            #expect(isNear(pairs.allPairs.strongest, others.allPairs.strongest))
            #expect(pairs.allPairs.top.map(\.count).sorted() == others.allPairs.top.map(\.count).sorted())
        }
        let words = try tables.map { try #require(VocabularyReport($0)) }
        for (one, other) in zip(words[0].layers, words[1].layers) {
            #expect(isNear(one.input.mutualInformation, other.input.mutualInformation))
            #expect(isNear(one.next.shuffledMean, other.next.shuffledMean) && isNear(one.nextShare, other.nextShare))
        }
        let drifts = try tables.map { try #require(DriftReport($0)) }
        for (one, other) in zip(drifts[0].windows, drifts[1].windows) {
            #expect(isNear(one.divergence, other.divergence) && one.maxOverMean == other.maxOverMean)
        }
    }

    @Test(arguments: [(4, 1), (4, 2), (16, 4), (5, 5), (1, 1)])
    func `even loads are even and same experts reach the ceiling`(
        _ experts: Int, _ topK: Int
    ) {
        let even = (0..<experts * 30).map { token in (0..<topK).map { (token + $0) % experts } }
        let same = (0..<experts * 30).map { _ in Array(0..<topK) }
        let reports = LayerReport.all(of: .sample(experts: experts, topK: topK, routes: [even, same]))
        #expect(reports[0].maxOverMean == 1 && reports[0].minOverMean == 1 && isNear(reports[0].cv, 0))
        #expect(isNear(reports[0].gini, 0) && isNear(reports[0].entropy, 1) && reports[0].deadExperts == 0)
        #expect(reports[1].maxOverMean == reports[1].maxOverMeanCeiling && reports[1].deadExperts == experts - topK)
        #expect(isNear(reports[1].effectiveExperts, Double(topK)))
        if topK == 1 { #expect(isNear(reports[1].gini, Double(experts - 1) / Double(experts))) }
    }

    @Test func `no ceiling is exceeded`() throws {
        for seed in 1...30 {
            let skew = [0.2, 0.5, 0.9, 1][seed % 4]
            let table = RoutingTable.random(
                experts: 7, topK: 1 + seed % 4, layers: 1, texts: 3, tokensPerText: 32 + seed * 3, skew: skew,
                domains: ["a", "b"], shift: seed % 3, seed: UInt64(seed))
            let report = LayerReport.all(of: table)[0]
            #expect(report.maxOverMean <= report.maxOverMeanCeiling && report.chance.maxOverMean >= 1)
            #expect((0...1).contains(report.entropy) && (0...6.0 / 7).contains(report.gini))
            #expect(report.effectiveExperts <= 7 + 1e-9 && report.effectiveExperts >= Double(1 + seed % 4) - 1e-9)
            let (intervals, ceilings) = (report.intervals, try #require(report.ceilings))
            let checks: [(Interval?, Double, Double, Double)] = [
                (intervals.maxOverMean, report.maxOverMean, 1, report.maxOverMeanCeiling),
                (intervals.cv, report.cv, 0, ceilings.cv), (intervals.gini, report.gini, 0, ceilings.gini),
                (intervals.entropy, report.entropy, 0, 1),
            ]
            for (interval, value, floor, ceiling) in checks {
                let interval = try #require(interval)
                #expect(floor <= interval.low && interval.low <= value)
                #expect(value <= interval.high && interval.high <= ceiling + 1e-9)
            }
            let information = [
                try #require(DomainReport(table)).layers[0].information,
                try #require(VocabularyReport(table)).layers[0].input,
            ]
            for information in information {
                #expect((0...1).contains(information.normalized) && (0...1).contains(information.pValue))
            }
        }
    }

    @Test func `the same table gives the same report`() {
        let table = RoutingTable.random(
            experts: 70, topK: 3, layers: 2, texts: 6, tokensPerText: 100, skew: 0.9, domains: ["a", "b"], shift: 3)
        #expect(LayerReport.all(of: table) == LayerReport.all(of: table))
        #expect(DomainReport(table) == DomainReport(table) && DriftReport(table) == DriftReport(table))
        #expect(VocabularyReport(table) == VocabularyReport(table))
    }

    @Test(arguments: [1, 30, 300]) func `tables with little in them have reports`(_ tokens: Int) {
        let nothing = [[Int]](repeating: [], count: tokens)
        let some = (0..<tokens).map { $0 % 3 == 0 ? [] : Array(0..<$0 % 3) }
        let table = RoutingTable.sample(
            experts: 3, topK: 2, routes: [nothing, some, (0..<tokens).map { _ in [0] }],
            ids: (0..<tokens).map { $0 % 2 - 1 })
        let reports = LayerReport.all(of: table)
        #expect(reports.map(\.visits) == [0, some.joined().count, tokens])
        #expect(reports[0].maxOverMean == 1 && reports[0].deadExperts == 3 && !reports[0].isCollapsed)
        #expect(reports[0].intervals.cv == nil && reports[0].gate == nil && reports[0].coActivation == nil)
        #expect(DomainReport(table) == nil && (VocabularyReport(table) == nil) == (tokens < 2))
        #expect((DriftReport(table) == nil) == (tokens < 256))
        let single = RoutingTable.sample(experts: 1, topK: 1, routes: [(0..<tokens).map { _ in [0] }])
        #expect(
            LayerReport.all(of: single).allSatisfy { $0.maxOverMean == 1 && $0.entropy == 1 && $0.coActivation == nil })
        #expect(VocabularyReport(single)?.layers.allSatisfy { $0.input.mutualInformation == 0 } ?? false)
    }

    @Test func `a table without layers has no report of any`() {
        let table = RoutingTable.sample(experts: 3, topK: 1, routes: [])
        #expect(LayerReport.all(of: table).isEmpty && AcrossLayers(LayerReport.all(of: table)) == nil)
        #expect(DriftReport(table) == nil && DomainReport(table) == nil && VocabularyReport(table) == nil)
    }

    @Test func `a table without tokens has layers in which all is even`() {
        var builder = RoutingTableBuilder(model: "m", experts: 3, topK: 2)
        _ = builder.layer(named: "0")
        let table = builder.finish()
        let reports = LayerReport.all(of: table)
        #expect(reports.map(\.load) == [[0, 0, 0]] && reports[0].maxOverMean == 1 && reports[0].deadExperts == 3)
        #expect(reports[0].maxOverMeanCeiling == 1.5 && reports[0].chance.deadExperts == 3)
        #expect(DriftReport(table) == nil && DomainReport(table) == nil && VocabularyReport(table) == nil)
    }

    @Test func `a domain whose tokens visit nothing is no harm`() throws {
        var builder = RoutingTableBuilder(model: "m", experts: 3, topK: 1)
        let layer = builder.layer(named: "0")
        for (index, name) in ["a", "b"].enumerated() {
            builder.beginText(.init(domain: name))
            builder.beginPass(.prompt, position: 0, ids: [1, 2])
            let isTaken = index == 1 || builder.append(0, layer: layer, experts: [2])
            #expect(isTaken)
        }
        let report = try #require(DomainReport(builder.finish())).layers[0]
        #expect(report.load == [[0, 0, 1], [0, 0, 0]])
        #expect(report.information.mutualInformation == 0 && report.information.normalized == 0)
    }
}
