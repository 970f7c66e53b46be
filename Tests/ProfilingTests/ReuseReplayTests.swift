import Profiling
import Testing

/// Replays against hits counted by hand, and against slower ways of finding them.
@Suite struct ReuseReplayTests {
    private func hits(_ policy: ExpertRequests.Policy, _ visits: [[Int]], capacity: Int) throws -> Double {
        let requests = try #require(ExpertRequests(.written(visits, experts: 8)))
        return requests.hitRate(policy, capacity: capacity) * Double(requests.counted)
    }

    /// A string of Belady's (1969). LRU with 3 hits only 1 2 after the 5, with 4 also the 1 2 before it. The best with 3
    /// hits all those, and at the end the 5: whatever goes for the 3 and the 4, it is not needed any more.
    @Test(arguments: [(3, 2.0, 5.0), (4, 4.0, 6.0), (5, 7.0, 7.0)])
    func `one request after the other is as in the books`(capacity: Int, recent: Double, best: Double) throws {
        let string = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5].map { [$0] }
        #expect(try hits(.leastRecentlyUsed, string, capacity: capacity) == recent)
        #expect(try hits(.belady, string, capacity: capacity) == best)
    }

    @Test func `a cache smaller than the cycle hits nothing, and the best policy still does`() throws {
        let cycle = [0, 1, 2, 0, 1, 2, 0, 1, 2].map { [$0] }
        #expect(try hits(.leastRecentlyUsed, cycle, capacity: 2) == 0)
        // 0 stays until it hits, then 2 takes the place of 1 and hits, and so on: 0 1 2 0· 1 2· 0 1· 2
        #expect(try hits(.belady, cycle, capacity: 2) == 3)
    }

    @Test func `what a step finds stays until its missing ones are there`() throws {
        // 1 is the oldest when 0 comes in, but it is of the same step: 2 goes.
        #expect(try hits(.leastRecentlyUsed, [[1, 2], [1, 0]], capacity: 2) == 1)
        // 3 takes the place of 1, which never comes again. So does 0, but it is of the same step: in the smaller cache 2 goes.
        #expect(try hits(.belady, [[0, 1, 2], [0, 3], [2]], capacity: 3) == 2)
        #expect(try hits(.belady, [[0, 2], [0, 3], [2]], capacity: 2) == 1)
    }

    @Test func `a step that asks for more than there is room for leaves some of its own`() throws {
        // 2 takes the place of 0. Then 1 and 2 are found, and 0 takes the place of 1.
        #expect(try hits(.leastRecentlyUsed, [[0, 1, 2], [0, 1, 2], [2], [0]], capacity: 2) == 4)
        // 2 takes the place of 1, which comes later than 0.
        #expect(try hits(.belady, [[0, 1, 2], [0, 2], [1]], capacity: 2) == 2)
    }

    @Test(arguments: 1...20) func `a list of the experts in their order gives the same`(seed: UInt64) throws {
        let table = RoutingTable.ragged(experts: 6, passes: 60, seed: seed)
        let requests = try #require(ExpertRequests(table))
        for capacity in 1...12 {
            var (kept, hits) = ([Int](), 0)  // the oldest first
            for (asked, isWritten) in table.steps {
                let found = asked.filter(kept.contains)
                kept.removeAll(where: found.contains)
                kept += found
                hits += isWritten ? found.count : 0
                for expert in asked where !found.contains(expert) {
                    if kept.count == capacity { kept.remove(at: kept.firstIndex { !asked.contains($0) } ?? 0) }
                    kept.append(expert)
                }
            }
            let rate = requests.hitRate(.leastRecentlyUsed, capacity: capacity)
            #expect(rate == Double(hits) / Double(requests.counted), "\(capacity)")
        }
    }

    @Test(arguments: 1...30) func `no way of choosing hits more than the best`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let visits = (0..<9).map { _ in
            Array((0..<5).shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)))
        }
        for capacity in 2...4 {
            #expect(try Int(hits(.belady, visits, capacity: capacity).rounded()) == most(visits[...], [], capacity))
        }
    }

    /// The most hits that any choice of what goes can have.
    private func most(_ steps: ArraySlice<[Int]>, _ kept: Set<Int>, _ capacity: Int) -> Int {
        guard let asked = steps.first else { return 0 }
        let others = kept.subtracting(asked).sorted()
        let room = capacity - asked.count
        let choices = others.count <= room ? [others] : subsets(of: others[...], room)
        return kept.intersection(asked).count
            + (choices.map { most(steps.dropFirst(), Set(asked).union($0), capacity) }.max() ?? 0)
    }

    private func subsets(of experts: ArraySlice<Int>, _ count: Int) -> [[Int]] {
        guard count > 0, let first = experts.first else { return count == 0 ? [[]] : [] }
        let rest = experts.dropFirst()
        return subsets(of: rest, count - 1).map { [first] + $0 } + subsets(of: rest, count)
    }

    @Test(arguments: 1...10) func `more room is never worse, and the best never below the rest`(seed: UInt64) throws {
        let table = RoutingTable.random(
            experts: 16, topK: 3, layers: 3, texts: 40, tokensPerText: 1, skew: 0.8, seed: seed)
        let requests = try #require(ExpertRequests(table))
        var before = (recent: 0.0, best: 0.0)
        for capacity in 3...48 {
            let recent = requests.hitRate(.leastRecentlyUsed, capacity: capacity)
            let best = requests.hitRate(.belady, capacity: capacity)
            #expect(best >= recent && recent >= before.recent && best >= before.best, "\(capacity)")
            before = (recent, best)
        }
        #expect(before.recent == before.best && before.best > 0)
    }
}
