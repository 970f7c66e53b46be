import Foundation
import Profiling
import Testing

/// What intervals of reuse are by hand, and how often they hold what is true.
@Suite struct ReuseIntervalTests {
    /// Whether both ends are this number.
    private func isExactly(_ interval: Interval?, _ value: Double) -> Bool {
        interval.map { abs($0.low - value) < 1e-12 && abs($0.high - value) < 1e-12 } ?? false
    }

    private func width(_ interval: Interval?) throws -> Double {
        let interval = try #require(interval)
        return interval.high - interval.low
    }

    /// Tokens that take turns: 24 blocks of 16.
    @Test func `where all blocks are alike there is no doubt`() throws {
        let report = try #require(CacheReport(.written((0..<384).map { [$0 % 4] }, experts: 4)))
        #expect(report.points[0].capacity == 1 && isExactly(report.points[0].intervals?.lru, 0))
        #expect(report.points.last?.pinned == 1 && isExactly(report.points.last?.intervals?.pinned, 1))
        #expect(isExactly(report.points[0].intervals?.pinned, 0.25))
        #expect(report.reuseDistances.map(\.from) == [2] && isExactly(report.reuseDistances[0].interval, 1))
        #expect(report.workingSet.prefix(5).map(\.share) == [0.25, 0.5, 1, 1, 1])
        #expect(report.workingSet.prefix(5).allSatisfy { isExactly($0.interval, $0.share) })
        let hot = try #require(report.hotSet.intervals)
        #expect(isExactly(hot.half, 0.5) && isExactly(hot.eighty, 1) && isExactly(hot.ninety, 1))
        #expect(isExactly(hot.busiestTenth, 0.1) && isExactly(hot.busiestTenthLater, 0.1))
        // Only the first block has first requests.
        #expect(report.points.last?.lru == 380.0 / 384)
        #expect(try width(report.points.last?.intervals?.lru) > 0.01)
    }

    @Test func `a way that is fixed is known for sure`() throws {
        let way = (0..<384).map { [$0 % 2] }
        let transition = TransitionReport.all(of: .sample(experts: 2, topK: 1, routes: [way, way]))[0]
        let intervals = try #require(transition.intervals)
        #expect(
            isExactly(intervals.recall, 1) && isExactly(intervals.popularityRecall, 0.5)
                && isExactly(intervals.gain, 0.5))
        #expect(isExactly(intervals.mutualInformation, log(2)))
        #expect(transition.top.count == 2 && transition.top.allSatisfy { isExactly($0.interval, 1) })
    }

    @Test func `few tokens say nothing of others`() throws {
        let routes = (0..<2).map { layer in (0..<192).map { [$0 / (layer + 2) % 3] } }
        func cut(_ tokens: Int) -> RoutingTable {
            .sample(experts: 3, topK: 1, routes: routes.map { Array($0.prefix(tokens)) })
        }
        let few = try #require(CacheReport(cut(95)))
        #expect(few.points.allSatisfy { $0.intervals == nil })
        #expect(few.reuseDistances.allSatisfy { $0.interval == nil } && few.hotSet.intervals == nil)
        #expect(few.workingSet.allSatisfy { $0.interval == nil })
        #expect(TransitionReport.all(of: cut(95))[0].intervals == nil)
        #expect(TransitionReport.all(of: cut(95))[0].top.allSatisfy { $0.interval == nil })

        let enough = try #require(CacheReport(cut(96)))
        #expect(enough.points.allSatisfy { $0.intervals?.lru != nil && $0.intervals?.pinned == nil })
        #expect(enough.reuseDistances.allSatisfy { $0.interval != nil } && enough.hotSet.intervals?.half != nil)
        // 16 blocks of six: windows of 1 and 2 need one each, windows of 4 two, windows of 8 three, so only five are left.
        #expect(enough.workingSet.map { $0.interval != nil } == [true, true, true, false, false, false, false])
        let transition = TransitionReport.all(of: cut(96))[0]
        #expect(transition.intervals?.mutualInformation != nil && transition.top[0].interval != nil)
        #expect(transition.intervals?.recall == nil)  // of 48 guessed tokens
        #expect(TransitionReport.all(of: cut(192))[0].intervals?.recall != nil)
        #expect(try #require(CacheReport(cut(192))).points[0].intervals?.pinned != nil)
    }

    @Test func `tokens that pass together ask together`() throws {
        func report(passes: Int) throws -> CacheReport {
            let visits = (0..<passes * 64).map { [$0 * $0 % 7] }
            let table = RoutingTable.passes(
                [(RoutingTraceEntry.Phase.prompt, 64)] * passes, experts: 7, topK: 1, visits: [visits])
            return try #require(CacheReport(table))
        }
        #expect(try report(passes: 7).points[0].intervals?.lru == nil)
        #expect(try report(passes: 8).points[0].intervals?.lru != nil)
        #expect(try report(passes: 15).points[0].intervals?.pinned == nil)
        #expect(try report(passes: 16).points[0].intervals?.pinned != nil)
        #expect(try report(passes: 7).workingSet[0].interval != nil)
    }

    @Test func `tokens that visit nothing say nothing`() throws {
        let visits = (0..<400).map { $0 % 5 == 0 && $0 < 300 ? [$0 % 3] : [] }
        let table = RoutingTable.sample(experts: 3, topK: 1, routes: [visits, visits])
        #expect(try #require(CacheReport(table)).points.allSatisfy { $0.intervals == nil })
        let transition = TransitionReport.all(of: table)[0]
        #expect(transition.intervals == nil && transition.top[0].interval == nil)
    }

    @Test func `a measure is in its interval, and that in its range`() throws {
        for seed in 1...6 as ClosedRange<UInt64> {
            let table = RoutingTable.ragged(experts: 11, passes: 300, seed: seed)
            let report = try #require(CacheReport(table))
            let all = Double(report.reuseDistances.reduce(0) { $0 + $1.requests })
            var checks = report.points.flatMap {
                [
                    ($0.intervals?.lru, $0.lru), ($0.intervals?.belady, $0.belady), ($0.intervals?.pinned, $0.pinned),
                ]
            }
            checks += report.reuseDistances.map { ($0.interval, Double($0.requests) / all) }
            checks += report.workingSet.prefix(4).map { ($0.interval, $0.share) }
            let (hot, intervals) = (report.hotSet, try #require(report.hotSet.intervals))
            checks += [(intervals.half, hot.half), (intervals.eighty, hot.eighty), (intervals.ninety, hot.ninety)]
            checks += [
                (intervals.busiestTenth, hot.busiestTenth), (intervals.busiestTenthLater, hot.busiestTenthLater),
            ]
            let transition = TransitionReport.all(of: table)[0]
            let told = try #require(transition.intervals)
            checks += [(told.recall, transition.recall), (told.popularityRecall, transition.popularityRecall)]
            checks += transition.top.map { ($0.interval, $0.probability) }
            for (interval, value) in checks {
                let interval = try #require(interval)
                #expect(0 <= interval.low && interval.low <= value && value <= interval.high && interval.high <= 1)
            }
            let information = try #require(told.mutualInformation)
            #expect(0 <= information.low && information.low <= transition.mutualInformation)
            #expect(transition.mutualInformation <= information.high)
            #expect(CacheReport(table) == report && TransitionReport.all(of: table)[0] == transition)
        }
    }

    @Test(arguments: 1...3) func `working sets of many blocks are what every window has`(seed: UInt64) throws {
        let table = RoutingTable.ragged(experts: 30, passes: 200, seed: seed)
        for set in try #require(CacheReport(table)).workingSet {
            let windows = (0...table.tokenCount - set.tokens).map { start in
                table.routes.reduce(0) { sum, routes in
                    let visits = Int(routes.starts[start])..<Int(routes.starts[start + set.tokens])
                    return sum + Set(routes.experts[visits]).count
                }
            }
            let mean = Double(windows.reduce(0, +)) / Double(windows.count)
            #expect(abs(set.experts - mean) < 1e-9, "\(set.tokens)")
        }
    }

    /// Runs of 20 tokens of the same expert, and the same tokens shuffled.
    @Test func `neighbors that are alike say less`() throws {
        var random = SeededRandom(seed: 5)
        let runs = (0..<60).flatMap { _ -> [[Int]] in
            let expert = min(Int.random(in: 0..<10, using: &random), Int.random(in: 0..<10, using: &random))
            return [[Int]](repeating: [expert], count: 20)
        }
        let alike = try #require(CacheReport(.written(runs, experts: 10)))
        let mixed = try #require(CacheReport(.written(runs.shuffled(using: &random), experts: 10)))
        #expect(alike.hotSet.busiestTenth == mixed.hotSet.busiestTenth)
        let (few, many) = (alike.hotSet.intervals, mixed.hotSet.intervals)
        #expect(try width(few?.busiestTenth) > 2 * width(many?.busiestTenth))
        #expect(try width(few?.busiestTenthLater) > 2 * width(many?.busiestTenthLater))
    }

    @Test func `of very many pairs some are enough`() throws {
        var random = SeededRandom(seed: 2)
        // 1,024 pairs for each of 5,000 tokens.
        let starts = (0..<5000).map { _ in Int.random(in: 0..<64, using: &random) }
        let visits = starts.map { start in (0..<32).map { (start + $0) % 64 } }
        let transition = TransitionReport.all(of: .sample(experts: 64, topK: 32, routes: [visits, visits]))[0]
        let interval = try #require(transition.intervals?.mutualInformation)
        #expect(interval.low <= transition.mutualInformation && transition.mutualInformation <= interval.high)
        #expect(transition.top.allSatisfy { $0.interval.map { $0.low > 0.9 && $0.high <= 1 } ?? false })
    }

    /// Tokens often go where the last one went.
    private func walk(_ tokens: Int, _ random: inout SeededRandom) -> [[Int]] {
        var expert = 0
        return (0..<tokens).map { _ in
            if Int.random(in: 0..<3, using: &random) > 0 {
                expert = min(Int.random(in: 0..<16, using: &random), Int.random(in: 0..<16, using: &random))
            }
            return [expert]
        }
    }

    @Test func `intervals hold the hit rates of other tokens as often as they say`() throws {
        var random = SeededRandom(seed: 7)
        let truth = try #require(CacheReport(.written(walk(60_000, &random), experts: 16)))
        let samples = try (0..<80).map { _ in try #require(CacheReport(.written(walk(400, &random), experts: 16))) }
        let point = try #require(truth.points.firstIndex { $0.capacity == 4 })
        let set = truth.workingSet[3]
        func held(_ value: Double, by interval: (CacheReport) -> Interval?) -> Int {
            samples.count { interval($0).map { $0.low <= value && value <= $0.high } ?? false }
        }
        // 76 of 80 by what they say.
        #expect(held(truth.points[point].lru) { $0.points[point].intervals?.lru } >= 68)
        #expect(held(truth.points[point].belady) { $0.points[point].intervals?.belady } >= 68)
        #expect(held(set.share) { $0.workingSet[3].interval } >= 68)
        #expect(held(truth.hotSet.busiestTenth) { $0.hotSet.intervals?.busiestTenth } >= 68)
    }

    @Test func `intervals hold the recall of other tokens as often as they say`() throws {
        var random = SeededRandom(seed: 8)
        /// Seven in ten go to the next expert.
        func transition(_ tokens: Int) -> TransitionReport {
            let before = (0..<tokens).map { _ in [Int.random(in: 0..<4, using: &random)] }
            let after = before.map { expert in
                let isNext = Int.random(in: 0..<10, using: &random) < 7
                return [isNext ? (expert[0] + 1) % 4 : Int.random(in: 0..<4, using: &random)]
            }
            return TransitionReport.all(of: .sample(experts: 4, topK: 1, routes: [before, after]))[0]
        }
        let samples = (0..<100).map { _ in transition(600) }
        func held(_ value: Double, by interval: (TransitionReport) -> Interval?) -> Int {
            samples.count { interval($0).map { $0.low <= value && value <= $0.high } ?? false }
        }
        #expect(held(0.775) { $0.intervals?.recall } >= 86)
        #expect(held(0.775) { $0.top[0].interval } >= 80)  // the most telling of four, so a high one
        // To what n tokens tell chance adds (4 − 1)² / 2n (Miller, 1955).
        let information = 0.775 * log(4 * 0.775) + 3 * 0.075 * log(4 * 0.075) + 9.0 / 1200
        #expect(held(information) { $0.intervals?.mutualInformation } >= 86)
    }
}

private func * <Element>(elements: [Element], count: Int) -> [Element] {
    Array(repeatElement(elements, count: count).joined())
}
