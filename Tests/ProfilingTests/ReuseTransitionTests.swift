import Foundation
import Profiling
import Testing

@Suite struct ReuseTransitionTests {
    private func isNear(_ one: Double, _ other: Double) -> Bool { abs(one - other) < 1e-12 }

    @Test func `where the way is fixed one knows it, and popularity does not`() throws {
        let way = [[0], [1], [0], [1], [0], [1], [0], [1]]
        let all = TransitionReport.all(of: .sample(experts: 2, topK: 1, routes: [way, way, way.map { [1 - $0[0]] }]))
        #expect(all.map(\.from) == ["0", "1"] && all.map(\.to) == ["1", "2"])
        #expect(all.map(\.counts) == [[[4, 0], [0, 4]], [[0, 4], [4, 0]]])
        for transition in all {
            #expect(isNear(transition.mutualInformation, log(2)))
            #expect(transition.recall == 1)
            #expect(transition.popularityRecall == 0.5 && transition.chanceRecall == 0.5)
        }
        #expect(all[1].top.map(\.first) == [0, 1] && all[1].top.map(\.second) == [1, 0])
        #expect(all[1].top.map(\.count) == [4, 4] && all[1].top.map(\.probability) == [1, 1])
    }

    @Test func `where a token goes anywhere from everywhere, there is no information`() {
        let routes = [[[0], [0], [1], [1]], [[0], [1], [0], [1]]]
        let transition = TransitionReport.all(of: .sample(experts: 2, topK: 1, routes: routes))[0]
        #expect(isNear(transition.mutualInformation, 0))
        #expect(transition.counts == [[1, 1], [1, 1]])
    }

    @Test func `all pairs of a token's visits count`() {
        let routes = [[[0, 1], [0, 2]], [[0, 1], [1, 2]]]
        let transition = TransitionReport.all(of: .sample(experts: 3, topK: 2, routes: routes))[0]
        #expect(transition.counts == [[1, 2, 1], [1, 1, 0], [0, 1, 1]])
        // Of 8 pairs, from 4, 2, 2 and to 2, 4, 2: by chance 1→0 and 2→2 would come half as often, the others as they do.
        #expect(isNear(transition.mutualInformation, 2 * log(2) / 8))
        // After the first token, 0 and 1 are guessed for the second, which visits 1 and 2.
        #expect(transition.recall == 0.5 && transition.popularityRecall == 0.5)
        #expect(isNear(transition.chanceRecall, 2.0 / 3))
    }

    /// The first half goes 0→1, 0→1, 1→0, 1→2, 2→2: from 1 to 0 or 2, which popularity decides.
    @Test func `popularity decides where experience does not`() {
        let before = [[0], [0], [1], [1], [2]] + [[1], [1], [1], [1], [2]]
        let after = [[1], [1], [0], [2], [2]] + [[2], [2], [2], [0], [2]]
        let transition = TransitionReport.all(of: .sample(experts: 3, topK: 1, routes: [before, after]))[0]
        #expect(transition.recall == 0.8)
        #expect(transition.popularityRecall == 0)  // of 1 and 2, as popular, the lower number
        #expect(isNear(transition.chanceRecall, 1.0 / 3))
    }

    @Test func `guesses are as many as there are visits`() {
        let before = [[0], [0], [0], [0]]
        let after = [[1, 2], [1], [1, 2], [3]]
        let transition = TransitionReport.all(of: .sample(experts: 4, topK: 1, routes: [before, after]))[0]
        #expect(isNear(transition.recall, 2.0 / 3))  // both of 1 and 2, and not 3
        #expect(isNear(transition.chanceRecall, (4.0 / 4 + 1.0 / 4) / 3))
    }

    /// The last quarter of the tokens goes elsewhere.
    @Test func `of many tokens some from all of the second half are guessed`() {
        let before = (0..<60_000).map { [$0 % 3] }
        let after = before.enumerated().map { $0 < 45_000 ? $1 : [($1[0] + 1) % 3] }
        let table = RoutingTable.passes([(.prompt, 60_000)], experts: 3, topK: 1, visits: [before, after])
        let transition = TransitionReport.all(of: table)[0]
        #expect(abs(transition.recall - 0.5) < 0.001)
        #expect(abs(transition.popularityRecall - 1.0 / 3) < 0.001)
        #expect(transition.top.map(\.count) == [15_000, 15_000, 15_000])
    }

    @Test func `tokens that miss a layer are in no pair`() {
        let routes = [[[0], [], [1], [1]], [[0], [1], [], [1]]]
        let transition = TransitionReport.all(of: .sample(experts: 2, topK: 1, routes: routes))[0]
        #expect(transition.counts == [[1, 0], [0, 1]])
        #expect(transition.top.map(\.probability) == [1, 1])
    }

    @Test func `of many experts the busiest are told apart`() {
        // Every expert leads to itself. 88 of 600 come half as often as the others.
        let half = (0..<600).map { [$0] } + (88..<600).map { [$0] }
        let routes = [half + half, half + half]
        let transition = TransitionReport.all(of: .sample(experts: 600, topK: 1, routes: routes))[0]
        #expect(transition.counts == nil)
        #expect(isNear(transition.recall, 1024.0 / 1112))
        #expect(isNear(transition.mutualInformation, log(512)))
        #expect(transition.top.map(\.first) == Array(88..<98) && transition.top.map(\.second) == Array(88..<98))
    }

    @Test func `ten steps are named, the most telling first`() {
        // Every expert leads to itself, and e comes e + 1 times: all are rare enough that more visits tell more.
        let visits = (0..<12).flatMap { [[Int]](repeating: [$0], count: $0 + 1) }
        let top = TransitionReport.all(of: .sample(experts: 12, topK: 1, routes: [visits, visits]))[0].top
        #expect(top.map(\.first) == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
        #expect(top.map(\.count) == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3])
    }

    @Test func `nothing follows from nothing`() {
        #expect(TransitionReport.all(of: .sample(experts: 2, topK: 1, routes: [])).isEmpty)
        #expect(TransitionReport.all(of: .sample(experts: 2, topK: 1, routes: [[[0]]])).isEmpty)
        for (tokens, routes) in [(0, [[], []]), (1, [[[0]], [[0]]]), (2, [[[], []], [[], []]])] as [(Int, [[[Int]]])] {
            let table = RoutingTable.passes([(.prompt, tokens)], experts: 2, topK: 1, visits: routes)
            let transition = TransitionReport.all(of: table)[0]
            #expect(transition.mutualInformation == 0 && transition.recall == 0 && transition.chanceRecall == 0)
        }
    }
}
