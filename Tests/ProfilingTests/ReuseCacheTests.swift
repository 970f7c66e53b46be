import Profiling
import Testing

/// What a report says of caches, each measure by hand and by brute force.
@Suite struct ReuseCacheTests {
    @Test func `written tokens count, and prompts fill the cache`() throws {
        let table = RoutingTable.passes(
            [(.prompt, 3), (.decode, 1), (.decode, 1)], experts: 4, topK: 1, visits: [[[1], [0], [1], [0], [2]]])
        let report = try #require(CacheReport(table))
        #expect(report.requests == 4)  // the prompt's 0 and 1, once each
        #expect(report.counts == .decode && report.counted == 2 && report.firstRequests == 1)
        #expect(report.points.map(\.lru) == [0, 0.5, 0.5, 0.5])
        #expect(report.points.map(\.belady) == [0, 0.5, 0.5, 0.5])  // alone, 0 has to go for the prompt's 1
    }

    @Test func `prompts count where nothing was written`() throws {
        let table = RoutingTable.passes([(.prompt, 2), (.prompt, 1)], experts: 2, topK: 1, visits: [[[0], [1], [1]]])
        let report = try #require(CacheReport(table))
        #expect(report.counts == .all && report.counted == 3 && report.firstRequests == 2)
        #expect(report.points.map(\.lru) == [1.0 / 3, 1.0 / 3])
    }

    @Test func `sizes come once, and the cycle is one of them`() throws {
        let one = try #require(CacheReport(.written([[0], [1]], experts: 4)))
        #expect(one.points.map(\.capacity) == [1, 2, 3, 4] && one.points.map(\.share) == [0.25, 0.5, 0.75, 1])
        let table = RoutingTable.random(experts: 128, topK: 7, layers: 3, texts: 4, tokensPerText: 2)
        let large = try #require(CacheReport(table))
        #expect(large.cycle == 21 && large.experts == 384)
        // 1, 2, 3, 5, 6.25, 10 % and so on of 384, rounded down.
        #expect(large.points.map(\.capacity) == [3, 7, 11, 19, 21, 24, 38, 57, 76, 96, 126, 192, 288, 384])
    }

    @Test func `an expert is as large as the layers' mean`() throws {
        let visits = [[[0], [1]], [[1], [0]], [[1], [1]]]
        let table = RoutingTable.passes(
            [(.decode, 1), (.decode, 1)], experts: 2, topK: 1, visits: visits, expertBytes: [100, nil, 300])
        let report = try #require(CacheReport(table))
        #expect(report.expertBytes == 200)
        #expect(report.points.map(\.bytes) == report.points.map { Double($0.capacity) * 200 })
        #expect(try #require(CacheReport(.written([[0]], experts: 1))).points[0].bytes == nil)
    }

    @Test func `what the first half asks for most is kept for the second`() throws {
        let report = try #require(CacheReport(.written([0, 0, 1, 0, 2, 2].map { [$0] }, experts: 3)))
        #expect(report.points.map(\.pinned) == [1.0 / 3, 1.0 / 3, 1])
        // A short prompt and a long one, which is the second half whatever its length.
        let prompts = RoutingTable.passes(
            [(.prompt, 1), (.prompt, 4)], experts: 3, topK: 1, visits: [[[2], [0], [2], [1], [2]]])
        #expect(try #require(CacheReport(prompts)).points.map(\.pinned) == [1.0 / 3, 2.0 / 3, 1])
    }

    @Test func `a distance is the number of others in between`() throws {
        // 0: after 1 2, then at once; 1: after 2 0 0; the rest for the first time.
        let report = try #require(CacheReport(.written([0, 1, 2, 0, 0, 1].map { [$0] }, experts: 3)))
        #expect(report.reuseDistances.map(\.from) == [0, 1, 2])
        #expect(report.reuseDistances.map(\.requests) == [1, 0, 2])
        #expect(report.firstRequests == 3)
    }

    @Test(arguments: 1...10) func `distances are what a set of those in between has`(seed: UInt64) throws {
        let table = RoutingTable.ragged(experts: 9, passes: 150, seed: seed)
        let requests = table.steps.flatMap { step in step.experts.map { (expert: $0, isWritten: step.isWritten) } }
        var (powers, first) = ([Int: Int](), 0)
        for (now, request) in requests.enumerated() where request.isWritten {
            if let last = requests[..<now].lastIndex(where: { $0.expert == request.expert }) {
                let distance = Set(requests[(last + 1)..<now].map(\.expert)).count
                powers[distance == 0 ? 0 : 1 << (Int.bitWidth - 1 - distance.leadingZeroBitCount), default: 0] += 1
            } else {
                first += 1
            }
        }
        let report = try #require(CacheReport(table))
        #expect(report.firstRequests == first)
        #expect(report.reuseDistances.filter { $0.requests > 0 }.map(\.from) == powers.keys.sorted())
        for bucket in report.reuseDistances { #expect(bucket.requests == powers[bucket.from, default: 0]) }
    }

    @Test func `one at a time, a cache hits what is nearer than its size`() throws {
        var random = SeededRandom(seed: 3)
        let visits = (0..<2000).map { _ in
            [Int.random(in: 0..<64, using: &random) & Int.random(in: 0..<64, using: &random)]
        }
        let table = RoutingTable.written(visits, experts: 64)
        let (report, requests) = (try #require(CacheReport(table)), try #require(ExpertRequests(table)))
        for capacity in [1, 2, 4, 8, 16, 32, 64] {
            let nearer = report.reuseDistances.reduce(0) { $0 + ($1.from < capacity ? $1.requests : 0) }
            #expect(requests.hitRate(.leastRecentlyUsed, capacity: capacity) == Double(nearer) / 2000)
        }
    }

    @Test func `a working set is the mean over all windows`() throws {
        let report = try #require(CacheReport(.written([[0], [0], [1], [0]], experts: 4)))
        #expect(report.workingSet.map(\.tokens) == [1, 2, 4])
        #expect(report.workingSet.map(\.experts) == [1, 5.0 / 3, 2])  // of two tokens: {0} {0, 1} {0, 1}
        #expect(report.workingSet.map(\.share) == [0.25, 5.0 / 12, 0.5])
    }

    @Test(arguments: 1...5) func `working sets are what every window has`(seed: UInt64) throws {
        let table = RoutingTable.ragged(experts: 7, passes: 50, seed: seed)
        for set in try #require(CacheReport(table)).workingSet {
            let windows = (0...table.tokenCount - set.tokens).map { start in
                table.routes.reduce(0) { $0 + Set((start..<start + set.tokens).flatMap($1.experts(of:))).count }
            }
            let mean = Double(windows.reduce(0, +)) / Double(windows.count)
            #expect(abs(set.experts - mean) < 1e-9, "\(set.tokens)")
        }
    }

    @Test func `a hot set is as small as the busiest make it`() throws {
        // The first expert has all of the first 50 visits and 5 of the others', the other nine have 5 each.
        let visits = [Int](repeating: 0, count: 50) + (0..<50).map { $0 % 10 }
        let hot = try #require(CacheReport(.written(visits.map { [$0] }, experts: 10))).hotSet
        #expect(hot.half == 0.1 && hot.busiestTenth == 0.55)
        #expect(hot.eighty == 0.6 && hot.ninety == 0.8)  // 55 + 5 × 5, 55 + 7 × 5
        #expect(hot.busiestTenthLater == 0.1)
        let even = try #require(CacheReport(.written((0..<24).map { [$0 % 4] }, experts: 4))).hotSet
        #expect(abs(even.busiestTenth - 0.1) < 1e-12 && even.half == 0.5)
    }

    @Test func `a long trace is cut after a whole pass`() throws {
        let visits = [[[0], [1], [2], [3], [0]], [[0], [1], [2], [3], [0]]]
        let table = RoutingTable.passes(
            [(.prompt, 2), (.decode, 1), (.decode, 1), (.decode, 1)], experts: 4, topK: 1, visits: visits)
        let requests = try #require(ExpertRequests(table, limit: 7))
        #expect(requests.total == 10 && requests.counted == 2)
        #expect(requests.experts == [0, 1, 4, 5, 2, 6])
        let first = try #require(ExpertRequests(table, limit: 1))
        #expect(first.experts == [0, 1, 4, 5] && first.counts == .all)
    }

    @Test func `one token of one expert is all there is to know`() throws {
        let report = try #require(CacheReport(.written([[0]], experts: 1)))
        #expect(report.points.map(\.capacity) == [1] && report.points.map(\.share) == [1])
        #expect(report.points.map(\.lru) == [0] && report.points.map(\.belady) == [0])
        #expect(report.points.map(\.pinned) == [0])  // no second half
        #expect(report.firstRequests == 1 && report.reuseDistances.isEmpty && report.cycle == 1)
        #expect(report.workingSet.map(\.experts) == [1] && report.workingSet.map(\.share) == [1])
    }

    @Test func `where nothing was visited there is no report`() {
        #expect(CacheReport(.sample(experts: 4, topK: 1, routes: [])) == nil)
        #expect(CacheReport(.passes([], experts: 4, topK: 1, visits: [[], []])) == nil)
        #expect(CacheReport(.written([[], []], experts: 4)) == nil)
    }

    @Test func `a layer without visits is asked for nothing`() throws {
        let report = try #require(CacheReport(.sample(experts: 2, topK: 1, routes: [[[], []], [[0], [0]]])))
        #expect(report.requests == 2 && report.experts == 4 && report.cycle == 1)
        #expect(report.points.allSatisfy { $0.lru == 0.5 })
    }
}
