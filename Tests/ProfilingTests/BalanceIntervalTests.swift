import Foundation
import Profiling
import Testing

/// Intervals that a reader can check, and whether they cover what they say.
@Suite struct BalanceIntervalTests {
    /// So many standard deviations on both sides, give or take a fifth.
    private func spans(_ interval: Interval?, _ value: Double, _ deviation: Double) throws -> Bool {
        let interval = try #require(interval)
        return [value - interval.low, interval.high - value].allSatisfy { abs($0 / (1.96 * deviation) - 1) < 0.25 }
    }

    @Test func `blocks that are all alike leave no doubt`() throws {
        // 1024 tokens make 64 blocks of 16, each with every pair 4 times.
        let routes = (0..<1024).map { [$0 % 4, ($0 + 1) % 4] }
        let weights = (0..<1024).map { _ in [Float(0.75), 0.25] }
        let table = RoutingTable.sample(experts: 4, topK: 2, routes: [routes], weights: [weights])
        let report = LayerReport.all(of: table)[0]
        let intervals = report.intervals
        #expect(intervals.load == [Interval](repeating: Interval(low: 512, high: 512), count: 4))
        #expect(intervals.maxOverMean == Interval(low: 1, high: 1))
        #expect(intervals.minOverMean == Interval(low: 1, high: 1))
        #expect(intervals.maxViolation == Interval(low: 0, high: 0))
        #expect(intervals.deadExperts == Interval(low: 0, high: 0) && intervals.dropRates == nil)
        let effective = try #require(intervals.effectiveExperts)
        #expect(abs(effective.low - 4) < 1e-9 && abs(effective.high - 4) < 1e-9)
        let gate = try #require(report.gate?.intervals)
        #expect(gate.confidence == Interval(low: 0.75, high: 0.75) && gate.margin == Interval(low: 0.5, high: 0.5))
        // Every expert has its strongest partner in half of its tokens.
        #expect(report.coActivation?.allPairs.interval == Interval(low: 0.5, high: 0.5))
        let across = try #require(RoutingReport(table, kind: "sample").acrossLayers)
        #expect(across.maxOverMean.intervals?.p95 == Interval(low: 1, high: 1))
    }

    @Test func `too few tokens have no interval of anything`() throws {
        let routes = (0..<95).map { [$0 % 4, ($0 + 1 + $0 % 2) % 4] }
        let weights = routes.map { _ in [Float(0.75), 0.25] }
        let table = RoutingTable.sample(
            experts: 4, topK: 2, routes: [routes], ids: routes.map(\.[0]), weights: [weights])
        let report = RoutingReport(table, kind: "sample")
        let layer = report.layers[0]
        #expect(layer.intervals.load == nil && layer.intervals.cv == nil && layer.gate?.intervals == nil)
        #expect(layer.coActivation?.allPairs.interval == nil && report.acrossLayers?.cv.intervals == nil)
        let words = try #require(report.vocabulary?.layers.first)
        #expect(words.input.interval == nil && words.intervals?.inputShare == nil)
    }

    @Test func `no information is in its interval, too, however its numbers were added up`() throws {
        // Everybody visits both experts.
        let routes = (0..<300).map { _ in [0, 1] }
        let table = RoutingTable.sample(experts: 2, topK: 2, routes: [routes], ids: (0..<300).map { $0 % 37 })
        let layer = try #require(VocabularyReport(table)?.layers.first)
        for information in [layer.input, layer.next] {
            let interval = try #require(information.interval)
            #expect(information.mutualInformation < 1e-9 && interval.low >= 0)
            #expect(interval.low <= information.mutualInformation && information.mutualInformation <= interval.high)
        }
    }

    @Test func `loads and their shares vary as a coin does`() throws {
        // Expert 0 with a probability of 0.3 each time, of 4000: 1200 ± 29
        var random = SeededRandom(seed: 11)
        let routes = (0..<4000).map { _ in [Double.random(in: 0..<1, using: &random) < 0.3 ? 0 : 1] }
        let report = LayerReport.all(of: .sample(experts: 2, topK: 1, routes: [routes]))[0]
        let loads = try #require(report.intervals.load)
        #expect(try spans(loads[0], Double(report.load[0]), (4000 * 0.3 * 0.7).squareRoot()))
        #expect(try spans(loads[1], Double(report.load[1]), (4000 * 0.3 * 0.7).squareRoot()))
        // Over the mean load, 2000.
        let deviation = (4000 * 0.3 * 0.7).squareRoot() / 2000
        #expect(try spans(report.intervals.minOverMean, report.minOverMean, deviation))
        #expect(try spans(report.intervals.maxOverMean, report.maxOverMean, deviation))
    }

    @Test func `percentiles of layers that are alike hold what is true of each`() throws {
        // No layer has any preference: what sets them apart is chance.
        var random = SeededRandom(seed: 17)
        let routes = (0..<16).map { _ in (0..<960).map { _ in [Int.random(in: 0..<8, using: &random)] } }
        let report = RoutingReport(.sample(experts: 8, topK: 1, routes: routes), kind: "sample")
        let across = try #require(report.acrossLayers)
        #expect(across.maxOverMean.max > 1.2 && across.cv.p95 > 0.1)
        #expect(across.maxOverMean.intervals?.max.low == 1 && across.maxOverMean.intervals?.p95.low == 1)
        #expect(across.cv.intervals?.max.low == 0 && across.gini.intervals?.max.low == 0)
    }

    @Test func `an expert cannot tell more of a token than there is to know`() throws {
        // Each id has an expert of its own, so the information is the entropy of the ids.
        var random = SeededRandom(seed: 18)
        let ids = (0..<960).map { _ in Int.random(in: 0..<10, using: &random) < 3 ? 0 : 1 }
        let table = RoutingTable.sample(experts: 2, topK: 1, routes: [ids.map { [$0] }], ids: ids)
        let words = try #require(VocabularyReport(table)).layers[0].input
        let interval = try #require(words.interval)
        #expect(words.normalized > 1 - 1e-9 && interval.low < words.mutualInformation - 0.01)
        #expect(abs(interval.high - words.mutualInformation) < 1e-9)
    }

    @Test func `an expert that hardly anybody visits may be idle by chance`() throws {
        // Expert 3 is idle; expert 2 has a token in one of the blocks alone, which 1/e of the resamples leave out.
        let routes = (0..<1024).map { [$0 == 500 ? 2 : $0 % 2] }
        let report = LayerReport.all(of: .sample(experts: 4, topK: 1, routes: [routes]))[0]
        #expect(report.deadExperts == 1 && report.intervals.deadExperts == Interval(low: 0, high: 1))
        let never = LayerReport.all(of: .sample(experts: 4, topK: 1, routes: [(0..<1024).map { [$0 % 3] }]))[0]
        #expect(never.intervals.deadExperts == Interval(low: 1, high: 1))
    }

    @Test func `a gate's mean and its interval are of the same tokens`() throws {
        // A quarter of the tokens lose their only choice; their gates are read all the same.
        var builder = RoutingTableBuilder(model: "m", experts: 2, topK: 1)
        builder.beginPass(.prompt, position: 0, ids: [Int32](repeating: 0, count: 384))
        let layer = builder.layer(named: "0")
        for token in 0..<384 {
            let isDropped = token % 4 == 0
            let confidence: Float = isDropped ? 0.5 : 0.75
            precondition(
                builder.append(
                    token, layer: layer, experts: isDropped ? [] : [token % 2],
                    gate: GateReading(confidence: confidence, margin: 0.25, entropy: 0.5),
                    dropped: isDropped ? [0] : []))
        }
        let gate = try #require(LayerReport.all(of: builder.finish())[0].gate)
        #expect(gate.confidence == 0.6875 && gate.margin == 0.25)
        #expect(gate.intervals?.confidence == Interval(low: 0.6875, high: 0.6875))
    }

    @Test func `drop rates vary as a coin does, rank by rank`() throws {
        var random = SeededRandom(seed: 12)
        var builder = RoutingTableBuilder(model: "m", experts: 4, topK: 2)
        builder.beginText()
        builder.beginPass(.prompt, position: 0, ids: [Int32](repeating: 0, count: 3200))
        let layer = builder.layer(named: "0")
        var dropped = [0, 0]
        for token in 0..<3200 {
            // The first choice is turned away one time in ten, the second one in four.
            let isDropped = [0.1, 0.25].map { Double.random(in: 0..<1, using: &random) < $0 }
            let ranks = isDropped.indices.filter { isDropped[$0] }
            let isTaken = builder.append(
                token, layer: layer, experts: isDropped.indices.filter { !isDropped[$0] }.map { $0 * 2 + token % 2 },
                dropped: ranks)
            precondition(isTaken)
            for rank in ranks { dropped[rank] += 1 }
        }
        let report = LayerReport.all(of: builder.finish())[0]
        #expect(report.dropRates == dropped.map { Double($0) / 3200 })
        let intervals = try #require(report.intervals.dropRates)
        #expect(try spans(intervals[0], report.dropRates[0], (0.1 * 0.9 / 3200).squareRoot()))
        #expect(try spans(intervals[1], report.dropRates[1], (0.25 * 0.75 / 3200).squareRoot()))
    }

    @Test func `saturation, fluctuation and agreement vary as coins do`() throws {
        var random = SeededRandom(seed: 13)
        func routes(changing share: Double, from experts: [Int]) -> [Int] {
            experts.map { Double.random(in: 0..<1, using: &random) < share ? 1 - $0 : $0 }
        }
        func table(_ experts: [Int]) -> RoutingTable {
            .sample(experts: 2, topK: 1, routes: [experts.map { [$0] }], phase: .prompt)
        }
        let first = (0..<2400).map { $0 % 2 }
        let second = routes(changing: 0.4, from: first)
        let training = routes(changing: 0.1, from: second)
        let learning = try #require(
            LearningReport([
                .init(step: 0, loss: 2, generation: table(first), training: table(first)),
                .init(step: 1, loss: 1, generation: table(second), training: table(training)),
            ]))
        let (layer, intervals) = (learning.layers[0], try #require(learning.layers[0].intervals))
        let deviation = (0.4 * 0.6 / 2400).squareRoot()
        #expect(try spans(intervals.saturation[0], layer.saturation[0], deviation))
        #expect(intervals.saturation[1] == Interval(low: 1, high: 1), "the last is what all are held against")
        #expect(try spans(intervals.fluctuation[0], layer.fluctuation[0], deviation))
        #expect(try spans(intervals.settled[0], layer.settled[0], deviation))
        #expect(intervals.agreement[0] == Interval(low: 1, high: 1))
        #expect(try spans(intervals.agreement[1], layer.agreement[1], (0.1 * 0.9 / 2400).squareRoot()))
        #expect(intervals.maxOverMean[0] == Interval(low: 1, high: 1) && intervals.dropRates == [[], []])
    }

    @Test func `a checkpoint's drops come with their interval`() throws {
        func table(dropping: Bool) -> RoutingTable {
            var builder = RoutingTableBuilder(model: "m", experts: 2, topK: 1)
            builder.beginPass(.prompt, position: 0, ids: [Int32](repeating: 0, count: 320))
            let layer = builder.layer(named: "0")
            for token in 0..<320 {
                let isDropped = dropping && token % 20 < 5
                precondition(
                    builder.append(
                        token, layer: layer, experts: isDropped ? [] : [token % 2], dropped: isDropped ? [0] : []))
            }
            return builder.finish()
        }
        let generation = table(dropping: false)
        let report = RoutingReport(
            generation, kind: "training run",
            snapshots: [0, 1].map { .init(step: $0, loss: 1, generation: generation, training: table(dropping: true)) })
        #expect(report.layers[0].dropRates == [0.25])
        let interval = try #require(report.layers[0].intervals.dropRates?.first ?? nil)
        #expect(interval.low < 0.25 && 0.25 < interval.high && interval.high - interval.low < 0.2)
    }

    /// The share of samples whose interval holds the mean of all of them.
    private func coverage(_ samples: [(value: Double, interval: Interval)]) -> Double {
        let truth = samples.reduce(0) { $0 + $1.value } / Double(samples.count)
        return Double(samples.count { $0.interval.low <= truth && truth <= $0.interval.high }) / Double(samples.count)
    }

    @Test func `intervals of information cover its mean nine times in ten`() throws {
        let tables = (1...60).map {
            RoutingTable.random(
                experts: 6, topK: 2, layers: 1, texts: 8, tokensPerText: 160, skew: 0.7, domains: ["a", "b"], shift: 1,
                seed: UInt64($0))
        }
        let domains = try tables.map { table in
            let information = try #require(DomainReport(table)).layers[0].information
            return (information.mutualInformation, try #require(information.interval))
        }
        #expect(coverage(domains) >= 0.85, "\(coverage(domains))")
        let pairs = try tables.map { table in
            let pairs = try #require(LayerReport.all(of: table)[0].coActivation?.allPairs)
            return (pairs.strongest, try #require(pairs.interval))
        }
        #expect(coverage(pairs) >= 0.85, "\(coverage(pairs))")
        let effective = try tables.map { table in
            let layer = LayerReport.all(of: table)[0]
            return (layer.effectiveExperts, try #require(layer.intervals.effectiveExperts))
        }
        #expect(coverage(effective) >= 0.85, "\(coverage(effective))")
    }

    @Test func `partners that are the strongest by chance alone are known to be so`() throws {
        // Of 15 others each comes with an expert in one of five of its tokens; the most frequent one in 28 %.
        let pairs = try (1...60).map { seed in
            let table = RoutingTable.random(
                experts: 16, topK: 4, layers: 1, texts: 4, tokensPerText: 100, seed: UInt64(seed))
            return try #require(LayerReport.all(of: table)[0].coActivation?.allPairs)
        }
        #expect(pairs.allSatisfy { $0.strongest > 0.24 })
        let covering = try pairs.count { try #require($0.interval).low <= 0.202 }
        #expect(covering >= 45, "\(covering)")
        // Experts that always come together are certain to.
        let routes = (0..<400).map { [$0 % 8 * 2, $0 % 8 * 2 + 1] }
        let always = LayerReport.all(of: .sample(experts: 16, topK: 2, routes: [routes]))[0].coActivation
        #expect(always?.allPairs.interval == Interval(low: 1, high: 1))
    }

    @Test func `an interval that ends before it begins is none`() throws {
        let decoder = JSONDecoder()
        #expect(try decoder.decode(Interval.self, from: Data(#"{"low":1,"high":1}"#.utf8)) == Interval(low: 1, high: 1))
        #expect(throws: DecodingError.self) {
            try decoder.decode(Interval.self, from: Data(#"{"low":2,"high":1}"#.utf8))
        }
    }
}
