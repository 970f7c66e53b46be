import Foundation
import Profiling
import Testing

/// What plain Python programs find in the same routes (see Tests/Golden/README.md).
@Suite struct ReuseGoldenTests {
    private func isNear(_ one: Double, _ other: Double) -> Bool { abs(one - other) < 1e-12 * max(1, abs(other)) }

    private func golden<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/profile/\(name).json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(contentsOf: file))
    }

    @Test(arguments: ["reuse-decode", "reuse-prompts"]) func `caches hit as often`(name: String) throws {
        let golden = try golden(name, as: Profile.self)
        let requests = try #require(ExpertRequests(golden.table))
        #expect(requests.total == golden.requests && requests.counted == golden.counted)
        for cache in golden.caches {
            let rates = [ExpertRequests.Policy.leastRecentlyUsed, .belady].map {
                requests.hitRate($0, capacity: cache.capacity)
            }
            #expect(
                rates == [cache.lru, cache.belady].map { Double($0) / Double(golden.counted) }, "\(cache.capacity)")
        }
        let report = try #require(CacheReport(golden.table))
        let compared = report.points.filter { point in golden.caches.contains { $0.capacity == point.capacity } }
        #expect(compared.count > 4)
        for point in compared {
            let cache = try #require(golden.caches.first { $0.capacity == point.capacity })
            #expect(isNear(point.lru, Double(cache.lru) / Double(golden.counted)))
            #expect(isNear(point.belady, Double(cache.belady) / Double(golden.counted)))
            #expect(isNear(point.pinned, cache.pinned), "\(point.capacity)")
        }
    }

    @Test(arguments: ["reuse-decode", "reuse-prompts"]) func `as many experts come in between`(name: String) throws {
        let golden = try golden(name, as: Profile.self)
        let report = try #require(CacheReport(golden.table))
        #expect(report.firstRequests == golden.firstRequests)
        for bucket in report.reuseDistances {
            let upper = max(1, 2 * bucket.from)
            let inside = golden.distances.filter { (bucket.from..<upper).contains($0[0]) }
            #expect(bucket.requests == inside.reduce(0) { $0 + $1[1] }, "\(bucket.from)")
        }
        #expect(report.reuseDistances.reduce(report.firstRequests) { $0 + $1.requests } == golden.counted)
        #expect(report.workingSet.count == golden.workingSet.count)
        #expect(zip(report.workingSet, golden.workingSet).allSatisfy { isNear($0.experts, $1) })
    }

    @Test(arguments: ["reuse-decode", "reuse-prompts"]) func `the hot set is as hot`(name: String) throws {
        let golden = try golden(name, as: Profile.self)
        let hot = try #require(CacheReport(golden.table)).hotSet
        let found = [hot.half, hot.eighty, hot.ninety, hot.busiestTenth, hot.busiestTenthLater]
        let expected = golden.hotSet
        let same = [expected.half, expected.eighty, expected.ninety, expected.busiestTenth, expected.busiestTenthLater]
        #expect(zip(found, same).allSatisfy(isNear), "\(found) and \(same)")
    }

    @Test(arguments: ["reuse-decode", "reuse-prompts"]) func `layers tell as much of the next`(name: String) throws {
        let golden = try golden(name, as: Profile.self)
        let transitions = TransitionReport.all(of: golden.table)
        #expect(transitions.count == golden.transitions.count)
        for (transition, expected) in zip(transitions, golden.transitions) {
            #expect(transition.counts == expected.counts)
            #expect(isNear(transition.mutualInformation, expected.mutualInformation))
            #expect(isNear(transition.recall, expected.recall))
            #expect(isNear(transition.popularityRecall, expected.popularityRecall))
            #expect(isNear(transition.chanceRecall, expected.chanceRecall))
        }
    }

    @Test func `a router learns as it does`() throws {
        let golden = try golden("reuse-learning", as: Run.self)
        let report = try #require(LearningReport(golden.snapshots.map { $0.learned(experts: golden.experts) }))
        #expect(report.steps == golden.snapshots.map(\.step) && report.layers.count == golden.layers.count)
        for (layer, expected) in zip(report.layers, golden.layers) {
            let found = [layer.saturation, layer.fluctuation, layer.settled, layer.maxOverMean, layer.agreement]
            let same = [
                expected.saturation, expected.fluctuation, expected.settled, expected.maxOverMean, expected.agreement,
            ]
            #expect(found.map(\.count) == same.map(\.count))
            #expect(zip(found.joined(), same.joined()).allSatisfy(isNear), "\(layer.layer)")
            #expect(layer.dropRates.count == expected.dropRates.count)
            #expect(zip(layer.dropRates.joined(), expected.dropRates.joined()).allSatisfy(isNear))
        }
    }
}

private struct Profile: Decodable {
    struct Pass: Decodable { var phase: RoutingTraceEntry.Phase, tokens: Int }
    struct Cache: Decodable { var capacity: Int, lru: Int, belady: Int, pinned: Double }
    struct HotSet: Decodable { var half, eighty, ninety, busiestTenth, busiestTenthLater: Double }
    struct Transition: Decodable {
        var mutualInformation, recall, popularityRecall, chanceRecall: Double
        var counts: [[Int]]
    }

    var experts: Int
    var passes: [Pass]
    var routes: [[[Int]]]
    var requests: Int
    var counted: Int
    var firstRequests: Int
    var distances: [[Int]]
    var caches: [Cache]
    var workingSet: [Double]
    var hotSet: HotSet
    var transitions: [Transition]

    var table: RoutingTable {
        .passes(passes.map { ($0.phase, $0.tokens) }, experts: experts, topK: 2, visits: routes)
    }
}

private struct Run: Decodable {
    struct Snapshot: Decodable {
        var step: Int
        var generation: [[[Int]]]
        var training: [[[Int]]]
        var dropped: [[[Int]]]

        func learned(experts: Int) -> LearningSnapshot {
            var builder = RoutingTableBuilder(model: "sample", experts: experts, topK: 2)
            builder.beginPass(.prompt, position: 0, ids: [Int32](repeating: -1, count: training[0].count))
            for layer in training.indices {
                let index = builder.layer(named: "\(layer)")
                for (token, visits) in training[layer].enumerated() {
                    let isTaken = builder.append(token, layer: index, experts: visits, dropped: dropped[layer][token])
                    precondition(isTaken, "token \(token) of layer \(layer)")
                }
            }
            let passes = [(RoutingTraceEntry.Phase.prompt, generation[0].count)]
            return LearningSnapshot(
                step: step, loss: 1,
                generation: .passes(passes, experts: experts, topK: 2, visits: generation), training: builder.finish())
        }
    }

    struct Layer: Decodable {
        var saturation, fluctuation, settled, maxOverMean, agreement: [Double]
        var dropRates: [[Double]]
    }

    var experts: Int
    var snapshots: [Snapshot]
    var layers: [Layer]
}
