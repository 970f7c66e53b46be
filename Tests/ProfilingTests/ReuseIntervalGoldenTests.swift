import Foundation
import Profiling
import Testing

/// Intervals against standard errors that a plain Python program finds for the same blocks (see Tests/Golden/README.md).
@Suite struct ReuseIntervalGoldenTests {
    private func golden(_ name: String) throws -> Errors {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/profile/\(name).json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Errors.self, from: Data(contentsOf: file))
    }

    /// 200 resamples place each end within about a tenth of the distance; rare events are skewed, which errors are not.
    private func expect(
        _ interval: Interval?, of value: Double, is expected: Errors.Ratio, within range: ClosedRange<Double> = 0...1,
        _ name: Comment, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let interval = try #require(interval, name, sourceLocation: sourceLocation)
        #expect(abs(value - expected.value) < 1e-8, name, sourceLocation: sourceLocation)
        let reach = 1.96 * expected.error
        let isRare = !range.contains(value - 2 * reach) || !range.contains(value + 2 * reach)
        let near = (isRare ? 0.8 : 0.35) * reach + 1e-8
        let (low, high) = (max(value - reach, range.lowerBound), min(value + reach, range.upperBound))
        #expect(abs(interval.low - low) <= near, name, sourceLocation: sourceLocation)
        #expect(abs(interval.high - high) <= near, name, sourceLocation: sourceLocation)
        guard !isRare else { return }
        let width = interval.high - interval.low
        #expect(abs(width - 2 * reach) <= 0.5 * reach + 1e-8, name, sourceLocation: sourceLocation)
    }

    @Test(arguments: ["reuse-intervals-decode", "reuse-intervals-prompts"])
    func `hit rates and distances are as sure`(name: String) throws {
        let golden = try golden(name)
        let report = try #require(CacheReport(golden.table))
        var compared = 0
        for point in report.points {
            guard let cache = golden.caches.first(where: { $0.capacity == point.capacity }) else { continue }
            compared += 1
            try expect(point.intervals?.lru, of: point.lru, is: cache.lru, "LRU of \(point.capacity)")
            try expect(point.intervals?.belady, of: point.belady, is: cache.belady, "Belady of \(point.capacity)")
            try expect(point.intervals?.pinned, of: point.pinned, is: cache.pinned, "pinned \(point.capacity)")
        }
        #expect(compared > 6)
        #expect(report.reuseDistances.count == golden.distances.count)
        let all = Double(report.reuseDistances.reduce(0) { $0 + $1.requests })
        for (bucket, expected) in zip(report.reuseDistances, golden.distances) {
            try expect(bucket.interval, of: Double(bucket.requests) / all, is: expected, "from \(bucket.from)")
        }
    }

    @Test(arguments: ["reuse-intervals-decode", "reuse-intervals-prompts"])
    func `working sets and the hot set are as sure`(name: String) throws {
        let golden = try golden(name)
        let report = try #require(CacheReport(golden.table))
        #expect(report.workingSet.count == golden.workingSet.count)
        for (set, expected) in zip(report.workingSet, golden.workingSet) {
            guard let expected else {
                #expect(set.interval == nil)
                continue
            }
            try expect(set.interval, of: set.share, is: expected, "\(set.tokens) tokens")
        }
        let (hot, expected) = (report.hotSet, golden.hotSet)
        let found = try #require(hot.intervals)
        try expect(
            found.busiestTenthLater, of: hot.busiestTenthLater, is: expected.busiestTenthLater, "later")
        let expert = 1 / Double(report.experts)
        for (interval, same, step) in [
            (found.half, expected.half, expert), (found.eighty, expected.eighty, expert),
            (found.ninety, expected.ninety, expert), (found.busiestTenth, expected.busiestTenth, 0),
        ] {
            let interval = try #require(interval)
            // Shares of experts come in steps of one.
            let near = 0.2 * (same.high - same.low) + step + 1e-9
            #expect(abs(interval.low - same.low) <= near && abs(interval.high - same.high) <= near)
        }
    }

    @Test(arguments: ["reuse-intervals-decode", "reuse-intervals-prompts"])
    func `what layers tell is as sure`(name: String) throws {
        let golden = try golden(name)
        let transitions = TransitionReport.all(of: golden.table)
        #expect(transitions.count == golden.transitions.count)
        for (transition, expected) in zip(transitions, golden.transitions) {
            let found = try #require(transition.intervals)
            try expect(
                found.mutualInformation, of: transition.mutualInformation, is: expected.mutualInformation,
                within: 0...Double.infinity, "information")
            try expect(found.recall, of: transition.recall, is: expected.recall, "recall")
            try expect(
                found.popularityRecall, of: transition.popularityRecall, is: expected.popularityRecall, "popularity")
            try expect(
                found.gain, of: transition.recall - transition.popularityRecall, is: expected.gain, within: -1...1,
                "gain")
            #expect(transition.top.count == 10)
            let steps = transition.top.filter { $0.count >= 30 }
            #expect(steps.count >= 3)
            for step in steps {
                let same = try #require(expected.steps.first { $0.first == step.first && $0.second == step.second })
                try expect(
                    step.interval, of: step.probability, is: Errors.Ratio(value: same.value, error: same.error),
                    "\(step.first) to \(step.second)")
            }
        }
    }
}

private struct Errors: Decodable {
    struct Pass: Decodable { var phase: RoutingTraceEntry.Phase, tokens: Int }
    struct Ratio: Decodable { var value: Double, error: Double }
    struct Ends: Decodable { var low: Double, high: Double }
    struct Cache: Decodable { var capacity: Int, lru: Ratio, belady: Ratio, pinned: Ratio }
    struct HotSet: Decodable { var half, eighty, ninety, busiestTenth: Ends, busiestTenthLater: Ratio }
    struct Step: Decodable { var first: Int, second: Int, value: Double, error: Double }
    struct Transition: Decodable {
        var mutualInformation, recall, popularityRecall, gain: Ratio
        var steps: [Step]
    }

    var experts: Int
    var topK: Int
    var passes: [Pass]
    var routes: [[[Int]]]
    var caches: [Cache]
    var distances: [Ratio]
    var workingSet: [Ratio?]
    var hotSet: HotSet
    var transitions: [Transition]

    var table: RoutingTable {
        .passes(passes.map { ($0.phase, $0.tokens) }, experts: experts, topK: topK, visits: routes)
    }
}
