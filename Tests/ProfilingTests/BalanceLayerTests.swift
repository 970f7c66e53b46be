import Foundation
import Profiling
import Testing

@Suite struct BalanceLayerTests {
    private func isNear(_ one: Double, _ other: Double) -> Bool { abs(one - other) < 1e-6 }

    @Test func `a layer is reported by phase and by every measure`() throws {
        var builder = RoutingTableBuilder(model: "m", experts: 4, topK: 2)
        let layer = builder.layer(named: "blk.7")
        builder.beginPass(.prompt, position: 0, ids: [1, 2])
        var taken = [
            builder.append(0, layer: layer, experts: [0, 1]), builder.append(1, layer: layer, experts: [1, 3]),
        ]
        for (position, experts) in [(2, [3, 1]), (3, [3, 0])] {
            builder.beginPass(.decode, position: position, ids: [3])
            taken.append(builder.append(position, layer: layer, experts: experts))
        }
        #expect(taken.allSatisfy { $0 })
        let report = try #require(LayerReport.all(of: builder.finish()).first)
        #expect(report.layer == "blk.7" && report.visits == 8)
        #expect(report.promptLoad == [1, 2, 0, 1] && report.decodeLoad == [1, 1, 0, 2])
        #expect(report.load == [2, 3, 0, 3] && report.deadExperts == 1)
        #expect(report.maxOverMean == 1.5 && report.maxOverMeanCeiling == 2 && report.minOverMean == 0)
        #expect(report.maxViolation == 0.5 && isNear(report.cv, sqrt(1.5) / 2))  // (0 + 1 + 4 + 1) / 4
        #expect(isNear(report.gini, 20.0 / 16 / 4))  // differences 1, 2, 1, 3, 0, 3 make 10
    }

    @Test func `where tokens visit different numbers of experts the ceiling is of their mean`() throws {
        let table = RoutingTable.sample(experts: 4, topK: 2, routes: [[[0], [0], [0, 1, 2, 3], [], [0, 2]]])
        let report = try #require(LayerReport.all(of: table).first)
        #expect(report.maxOverMeanCeiling == 2)  // 8 visits of 4 tokens that have any
        #expect(report.maxOverMean == 2, "all of them are at expert 0")
    }

    @Test func `choices that were turned away are counted by rank`() throws {
        var builder = RoutingTableBuilder(model: "m", experts: 4, topK: 2)
        builder.beginPass(.prompt, position: 0, ids: [1, 2, 3, 4])
        let (drops, none) = (builder.layer(named: "0"), builder.layer(named: "1"))
        let taken = [
            builder.append(0, layer: drops, experts: [0, 1]),
            builder.append(1, layer: drops, experts: [2], dropped: [0]),
            builder.append(2, layer: drops, experts: [0], dropped: [1]),
            builder.append(3, layer: drops, experts: [], dropped: [0, 1]),
            builder.append(0, layer: none, experts: [0, 1]),
        ]
        #expect(taken.allSatisfy { $0 })
        let reports = LayerReport.all(of: builder.finish())
        // Four tokens chose twice each: the choices add up.
        #expect(reports[0].dropRates == [0.5, 0.5])
        #expect(reports[1].dropRates.isEmpty)
    }

    @Test func `of drops without their tokens every token made k choices`() throws {
        var builder = RoutingTableBuilder(model: "m", experts: 4, topK: 3)
        builder.beginPass(.prompt, position: 0, ids: [1, 2, 3, 4])
        let layer = builder.layer(named: "0")
        for (token, experts) in [[0, 1, 2], [2], [], [0, 3]].enumerated() {
            let isTaken = builder.append(token, layer: layer, experts: experts)
            #expect(isTaken)
        }
        builder.noteDrops([1, 3], layer: layer)
        builder.noteDrops([0, 0, 2], layer: layer)
        let table = builder.finish()
        #expect(LayerReport.all(of: table)[0].dropRates == [0.25, 0.75, 0.5])
        let snapshots = (0..<2).map { LearningSnapshot(step: $0, loss: 1, generation: table) }
        #expect(LearningReport(snapshots)?.layers[0].dropRates == [[0.25, 0.75, 0.5], [0.25, 0.75, 0.5]])
    }

    @Test func `where choices do not add up to k a token has its visits and its drops`() throws {
        var builder = RoutingTableBuilder(model: "m", experts: 4, topK: 2)
        builder.beginPass(.prompt, position: 0, ids: [1, 2, 3])
        let layer = builder.layer(named: "0")
        let taken = [
            builder.append(0, layer: layer, experts: [0, 1, 2]),
            builder.append(1, layer: layer, experts: [0, 3], dropped: [2]),
            builder.append(2, layer: layer, experts: [1]),
        ]
        #expect(taken.allSatisfy { $0 })
        #expect(LayerReport.all(of: builder.finish())[0].dropRates == [0, 0, 0.5])
    }

    @Test func `a gate is reported from its readings where there are any`() throws {
        var builder = RoutingTableBuilder(model: "m", experts: 4, topK: 1)
        builder.beginPass(.prompt, position: 0, ids: [1, 2, 3, 4])
        let layer = builder.layer(named: "0")
        let readings = [
            GateReading(confidence: 0.5, margin: 0.25, entropy: 0), nil,
            GateReading(confidence: 1, margin: 0.75, entropy: Float(log(4.0))),
        ]
        for (token, reading) in readings.enumerated() {
            let isTaken = builder.append(token, layer: layer, experts: [0], weights: [1], gate: reading)
            #expect(isTaken)
        }
        let gate = try #require(LayerReport.all(of: builder.finish())[0].gate)
        #expect(gate.basis == .allExperts && gate.confidence == 0.75 && gate.margin == 0.5)
        #expect(isNear(gate.entropy, 0.5))
        #expect(gate.confidenceHistogram == [0, 0, 0, 0, 0, 1, 0, 0, 0, 1] && gate.intervals == nil)
    }

    @Test func `a margin that a file says is never beyond the confidence`() throws {
        var builder = RoutingTableBuilder(model: "m", experts: 4, topK: 1)
        builder.beginPass(.prompt, position: 0, ids: [1, 2])
        let layer = builder.layer(named: "0")
        for (token, margin) in [Float(1e30), -1e30].enumerated() {
            let reading = GateReading(confidence: 0.5, margin: margin, entropy: 0)
            let isTaken = builder.append(token, layer: layer, experts: [0], gate: reading)
            #expect(isTaken)
        }
        #expect(LayerReport.all(of: builder.finish())[0].gate?.margin == 0.25)  // 0.5 and 0
    }

    @Test func `without readings a gate is reported from weights that say something`() throws {
        let weights: [[Float]] = [[3, 1], [0.1, 0.1], [1], [.nan, 1], [0, 0], [-1, 2]]
        let routes = [[0, 1], [0, 1], [0], [0, 1], [0, 1], [0, 1]]
        let table = RoutingTable.sample(experts: 4, topK: 2, routes: [routes], weights: [weights])
        let gate = try #require(LayerReport.all(of: table)[0].gate)
        #expect(gate.basis == .chosenExperts && isNear(gate.confidence, (0.75 + 0.5) / 2))
        #expect(isNear(gate.margin, 0.25) && gate.confidenceHistogram == [0, 0, 0, 0, 0, 1, 0, 1, 0, 0])
        let uneven = -0.75 * log2(0.75) - 0.25 * log2(0.25)
        #expect(isNear(gate.entropy, (1 + uneven) / 2))
        let single = RoutingTable.sample(experts: 4, topK: 1, routes: [[[0], [1]]], weights: [[[1], [0.6]]])
        #expect(LayerReport.all(of: single)[0].gate == nil)
        #expect(LayerReport.all(of: .sample(experts: 4, topK: 2, routes: [routes]))[0].gate == nil)
    }

    @Test func `percentiles lie on the line between two layers`() throws {
        let routes = [[[0], [1]], [[0], [0]]]  // max over mean 1 and 2
        let across = try #require(AcrossLayers(LayerReport.all(of: .sample(experts: 2, topK: 1, routes: routes))))
        #expect(across.maxOverMean.p50 == 1.5 && across.maxOverMean.p75 == 1.75)
        #expect(across.maxOverMean.min == 1 && across.maxOverMean.max == 2)
        #expect(isNear(across.maxOverMean.p90, 1.9) && isNear(across.maxOverMean.p95, 1.95))
        #expect(AcrossLayers([]) == nil)
    }

    @Test func `few tokens have no intervals`() {
        let few = RoutingTable.random(experts: 4, topK: 2, layers: 1, texts: 1, tokensPerText: 95)
        let enough = RoutingTable.random(experts: 4, topK: 2, layers: 1, texts: 1, tokensPerText: 96)
        #expect(LayerReport.all(of: few)[0].intervals.entropy == nil)
        #expect(LayerReport.all(of: enough)[0].intervals.entropy != nil)
    }

    @Test(arguments: [1.0, 0.9, 0.8]) func `intervals cover the truth nine times in ten`(_ skew: Double) throws {
        // One of eight experts with weights that fall off by the skew.
        let weights = (0..<8).map { pow(skew, Double($0)) }
        let truth = LoadBalance(loads: weights.map { Int($0 * 1e9) }, topK: 1)
        var covered = [0, 0, 0, 0]
        for seed in 1...100 {
            let table = RoutingTable.random(
                experts: 8, topK: 1, layers: 1, texts: 2, tokensPerText: 400, skew: skew, seed: UInt64(seed))
            let intervals = LayerReport.all(of: table)[0].intervals
            let pairs = [
                (intervals.maxOverMean, truth.maxOverMean), (intervals.cv, truth.coefficientOfVariation),
                (intervals.gini, truth.gini), (intervals.entropy, truth.normalizedEntropy),
            ]
            for (measure, (interval, truth)) in pairs.enumerated() {
                let interval = try #require(interval)
                if interval.low - 1e-6 <= truth, truth <= interval.high + 1e-6 { covered[measure] += 1 }
            }
        }
        #expect(covered[0] >= 90 && covered.allSatisfy { $0 >= 85 }, "\(covered)")
    }

    @Test func `alike neighbors make an interval wider`() throws {
        let mixed = (0..<1024).map { [$0 % 4 == 0 ? 1 : 0] }
        let runs = (0..<1024).map { [$0 / 64 % 4 == 0 ? 1 : 0] }
        let reports = LayerReport.all(of: .sample(experts: 2, topK: 1, routes: [mixed, runs]))
        #expect(reports.map(\.load) == [[768, 256], [768, 256]])
        let (first, second) = (try #require(reports[0].intervals.cv), try #require(reports[1].intervals.cv))
        #expect(first == Interval(low: 0.5, high: 0.5), "every block is like every other")
        #expect(second.high - second.low > 0.2)
        #expect(second.low <= reports[1].cv && reports[1].cv <= second.high)
    }

    @Test func `same experts for all tokens reach every ceiling, and even loads the others`() throws {
        let (same, even) = ((0..<200).map { _ in [2, 5] }, (0..<200).map { [$0 % 8, ($0 + 1) % 8] })
        let reports = LayerReport.all(of: .sample(experts: 8, topK: 2, routes: [same, even]))
        let ceilings = try #require(reports[0].ceilings)
        #expect(ceilings == reports[1].ceilings)
        #expect(isNear(ceilings.cv, 3.0.squareRoot()) && isNear(reports[0].cv, ceilings.cv))
        #expect(isNear(ceilings.gini, 0.75) && isNear(reports[0].gini, ceilings.gini))
        #expect(ceilings.maxViolation == 3 && reports[0].maxViolation == 3)
        #expect(ceilings.deadExperts == 6 && reports[0].deadExperts == 6)
        #expect(isNear(reports[0].entropy, 1.0 / 3), "ln 2 / ln 8")
        #expect(ceilings.entropy == 1 && isNear(reports[1].entropy, 1))
        #expect(ceilings.effectiveExperts == 8 && isNear(reports[1].effectiveExperts, 8))
    }

    @Test func `chance knows what few visits look like`() throws {
        // Two experts, two tokens: alike in half of the cases, else all at one.
        let table = RoutingTable.sample(experts: 2, topK: 1, routes: [[[0], [0]], [[0], [1]]])
        let reports = LayerReport.all(of: table)
        #expect(reports[0].chance == reports[1].chance)
        let chance = reports[0].chance
        // One half of 64 draws, each ½: a standard deviation of 1 / 16.
        #expect(abs(chance.deadExperts - 0.5) < 0.25 && abs(chance.maxOverMean - 1.5) < 0.25)
        #expect(isNear(chance.entropy, 1 - chance.deadExperts) && isNear(chance.cv, chance.deadExperts))
        let whole = RoutingTable.sample(experts: 2, topK: 2, routes: [[[0, 1], [1, 0]]])
        #expect(LayerReport.all(of: whole)[0].chance.maxOverMean == 1, "tokens that visit all have no choice")
    }

    @Test func `chance is the same drawn token by token and drawn as normal`() {
        // 8 experts, k = 2, 20,000 tokens: variance T k/E (1 − k/E) = 3750, mean 5000
        let routes = (0..<20_000).map { [$0 % 8, ($0 + 1) % 8] }
        let chance = LayerReport.all(of: .sample(experts: 8, topK: 2, routes: [routes]))[0].chance
        #expect(abs(chance.cv - 3750.0.squareRoot() / 5000) < 0.001)
        #expect(chance.maxOverMean > 1.01 && chance.maxOverMean < 1.03 && chance.deadExperts == 0)
    }
}
