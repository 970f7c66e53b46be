import Foundation
import Profiling
import Testing

/// Measures that NumPy, SciPy and scikit-learn computed (Tests/Golden/README.md).
struct BalanceGolden: Decodable {
    struct Text: Decodable {
        var domain: String
        var ids: [Int32]
    }

    struct Pairs: Decodable {
        var counts: [[Int]]
        var strongest: Double
        var lift: [[Double]]
    }

    struct Gate: Decodable {
        var confidence: Double
        var margin: Double
        var entropy: Double
        var confidenceHistogram: [Int]
    }

    struct Measured: Decodable {
        var mutualInformation: Double
        var normalized: Double
        var share: Double?
    }

    /// Standard errors.
    struct Errors: Decodable {
        struct Labels: Decodable {
            var information: Double
            var share: Double
        }

        var confidence: Double?
        var margin: Double?
        var entropy: Double?
        var allPairs: PairErrors?
        var adjacentRanks: PairErrors?
        var input: Labels
        var next: Labels
        var domain: Double?
    }

    struct PairErrors: Decodable {
        struct Pair: Decodable {
            var first: Int
            var second: Int
            /// Of P(second | first), and of P(first | second).
            var probability: Double
            var otherProbability: Double
            /// Over the lift itself.
            var lift: Double
        }

        var strongest: Double
        var top: [Pair]
    }

    struct Layer: Decodable {
        var errors: Errors
        /// The ends of each.
        var intervals: [String: [Double]]
        var load: [Int]
        var maxOverMean: Double
        var minOverMean: Double
        var cv: Double
        var gini: Double
        var entropy: Double
        var effectiveExperts: Double
        var deadExperts: Int
        var chance: LayerReport.Chance
        var gate: Gate?
        var domainLoad: [[Int]]
        var domain: Measured
        var input: Measured
        var next: Measured
        var allPairs: Pairs?
        var adjacentRanks: Pairs?
    }

    struct Window: Decodable {
        var firstToken: Int
        var divergence: Double
        var maxOverMean: Double
    }

    struct Expected: Decodable {
        var layers: [Layer]
        var acrossLayers: [String: [String: Double]]
        /// Of the 75th percentiles.
        var acrossIntervals: [String: [Double]]
        var drift: [Window]
        var driftErrors: [Double]
    }

    var experts: Int
    var topK: Int
    var texts: [Text]
    var routes: [[[Int]]]
    var weights: [[[Float]]]
    var expected: Expected

    static func read(_ name: String) throws -> BalanceGolden {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(
            BalanceGolden.self, from: Data(contentsOf: tests.appending(path: "Golden/profile/\(name).json")))
    }

    /// Every other text is read at once, the others are written token by token.
    var table: RoutingTable {
        var builder = RoutingTableBuilder(model: "golden", experts: experts, topK: topK)
        for (number, text) in texts.enumerated() {
            builder.beginText(.init(domain: text.domain))
            let passes = number % 2 == 0 ? [text.ids] : text.ids.map { [$0] }
            for (index, ids) in passes.enumerated() {
                let first = builder.tokenCount
                builder.beginPass(number % 2 == 0 ? .prompt : .decode, position: index, ids: ids)
                for layer in routes.indices {
                    let place = builder.layer(named: "\(layer)")
                    for token in first..<first + ids.count {
                        precondition(
                            builder.append(
                                token, layer: place, experts: routes[layer][token], weights: weights[layer][token]))
                    }
                }
            }
        }
        return builder.finish()
    }
}

@Suite struct BalanceGoldenTests {
    static let names = ["balance-top1", "balance-top2", "balance-variable", "balance-domains"]

    private func isNear(_ one: Double, _ other: Double, within tolerance: Double = 1e-9) -> Bool {
        abs(one - other) <= tolerance * max(1, abs(other))
    }

    @Test(arguments: names) func `loads spread as NumPy and SciPy say`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        let reports = LayerReport.all(of: golden.table)
        #expect(reports.map(\.load) == golden.expected.layers.map(\.load))
        for (report, expected) in zip(reports, golden.expected.layers) {
            #expect(isNear(report.maxOverMean, expected.maxOverMean))
            #expect(isNear(report.minOverMean, expected.minOverMean))
            #expect(isNear(report.maxViolation, expected.maxOverMean - 1))
            #expect(isNear(report.cv, expected.cv))
            #expect(isNear(report.gini, expected.gini))
            #expect(isNear(report.entropy, expected.entropy))
            #expect(isNear(report.effectiveExperts, expected.effectiveExperts))
            #expect(report.deadExperts == expected.deadExperts)
        }
    }

    @Test(arguments: names) func `percentiles across layers are NumPy's`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        let across = try #require(AcrossLayers(LayerReport.all(of: golden.table)))
        let measures: [(String, AcrossLayers.Percentiles)] = [
            ("max_over_mean", across.maxOverMean), ("cv", across.cv), ("gini", across.gini),
            ("entropy", across.entropy),
            ("effective_experts", across.effectiveExperts), ("dead_experts", across.deadExperts),
        ]
        for (name, percentiles) in measures {
            let expected = try #require(golden.expected.acrossLayers[name])
            for (key, value) in [
                ("p50", percentiles.p50), ("p75", percentiles.p75), ("p90", percentiles.p90), ("p95", percentiles.p95),
            ] {
                #expect(isNear(value, try #require(expected[key])), "\(name) \(key)")
            }
        }
    }

    @Test(arguments: names) func `chance is as uneven as NumPy's draws`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        for (report, expected) in zip(LayerReport.all(of: golden.table), golden.expected.layers) {
            #expect(isNear(report.chance.maxOverMean, expected.chance.maxOverMean, within: 0.03))
            #expect(isNear(report.chance.cv / expected.chance.cv, 1, within: 0.1))
            #expect(isNear(report.chance.gini / expected.chance.gini, 1, within: 0.1))
            #expect(isNear(report.chance.entropy, expected.chance.entropy, within: 0.001))
            #expect(report.chance.deadExperts == expected.chance.deadExperts)
        }
    }

    @Test(arguments: names) func `gates and pairs are as NumPy says`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        for (report, expected) in zip(LayerReport.all(of: golden.table), golden.expected.layers) {
            #expect((report.gate == nil) == (expected.gate == nil))
            if let gate = report.gate, let expected = expected.gate {
                #expect(gate.basis == .chosenExperts && gate.confidenceHistogram == expected.confidenceHistogram)
                #expect(isNear(gate.confidence, expected.confidence, within: 1e-6))
                #expect(isNear(gate.margin, expected.margin, within: 1e-6))
                #expect(isNear(gate.entropy, expected.entropy, within: 1e-6))
            }
            #expect((report.coActivation == nil) == (expected.allPairs == nil))
            if let pairs = report.coActivation, let all = expected.allPairs, let adjacent = expected.adjacentRanks {
                check(pairs.allPairs, against: all)
                check(pairs.adjacentRanks, against: adjacent)
            }
        }
    }

    private func check(_ pairs: CoActivationReport.Pairs, against expected: BalanceGolden.Pairs) {
        #expect(pairs.counts == expected.counts)
        #expect(isNear(pairs.strongest, expected.strongest))
        for pair in pairs.top {
            #expect(pair.count == expected.counts[pair.first][pair.second])
            #expect(isNear(pair.lift, expected.lift[pair.first][pair.second]))
            let visits = expected.counts[pair.first][pair.first]
            #expect(isNear(pair.probability, Double(pair.count) / Double(visits)))
        }
    }

    @Test(arguments: names) func `mutual information is scikit-learn's`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        let domains = try #require(DomainReport(golden.table))
        let vocabulary = try #require(VocabularyReport(golden.table))
        #expect(domains.layers.map(\.load) == golden.expected.layers.map(\.domainLoad))
        for (index, expected) in golden.expected.layers.enumerated() {
            let layer = vocabulary.layers[index]
            let pairs = [
                (domains.layers[index].information, expected.domain), (layer.input, expected.input),
                (layer.next, expected.next),
            ]
            for (information, expected) in pairs {
                #expect(isNear(information.mutualInformation, expected.mutualInformation))
                #expect(isNear(information.normalized, expected.normalized))
            }
            #expect(isNear(layer.inputShare, try #require(expected.input.share)))
            #expect(isNear(layer.nextShare, try #require(expected.next.share)))
        }
    }

    @Test(arguments: names) func `drift is SciPy's divergence`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        let drift = try #require(DriftReport(golden.table))
        #expect(drift.windows.map(\.firstToken) == golden.expected.drift.map(\.firstToken))
        #expect(drift.windows.allSatisfy { $0.tokens == 64 })
        for (window, expected) in zip(drift.windows, golden.expected.drift) {
            #expect(isNear(window.divergence, expected.divergence))
            #expect(isNear(window.maxOverMean, expected.maxOverMean))
        }
    }
}
