import Foundation
import Profiling
import Testing

@Suite struct BalanceCoActivationTests {
    @Test func `pairs of all ranks and of neighboring ranks are told apart`() throws {
        let routes = [[[0, 1, 2], [2, 0, 3], [1, 0, 2]]]
        let report = try #require(LayerReport.all(of: .sample(experts: 4, topK: 3, routes: routes))[0].coActivation)
        #expect(report.chance == 2.0 / 3)
        // Tokens make {01 02 12}, {02 23 03}, {01 12 02}.
        #expect(report.allPairs.counts == [[3, 2, 3, 1], [2, 2, 2, 0], [3, 2, 3, 1], [1, 0, 1, 1]])
        // Neighbors are 01 12, 20 03, 10 02.
        #expect(report.adjacentRanks.counts == [[3, 2, 2, 1], [2, 2, 1, 0], [2, 1, 3, 0], [1, 0, 0, 1]])
        #expect(report.allPairs.strongest == 9.0 / 9)  // 3 + 2 + 3 + 1 of 9 visits
        #expect(report.adjacentRanks.strongest == 7.0 / 9)  // 2 + 2 + 2 + 1
        #expect(report.allPairs.top.isEmpty, "three tokens are no evidence")
    }

    @Test func `tokens that visit one expert have no pairs`() {
        #expect(LayerReport.all(of: .sample(experts: 4, topK: 1, routes: [[[0], [1], []]]))[0].coActivation == nil)
    }

    @Test func `experts that come together are listed with their lift`() throws {
        // Of 400 tokens half visit 0 and 1, half any two of 2 … 5 in turn.
        let others = [[2, 3], [3, 4], [4, 5], [5, 2]]
        let routes = (0..<400).map { $0 % 2 == 0 ? [0, 1] : others[$0 / 2 % 4] }
        let report = try #require(LayerReport.all(of: .sample(experts: 6, topK: 2, routes: [routes]))[0].coActivation)
        let top = try #require(report.allPairs.top.first)
        #expect(top.first == 0 && top.second == 1 && top.count == 200 && top.probability == 1)
        // Visits are 200, 200 and four times 100. Pairs of visits to two experts: (800² − 2 × 200² − 4 × 100²) / 2 =
        // 260,000; of these 40,000 are of 0 and 1. So of 400 pairs chance has 61.5.
        #expect(abs(top.lift - 3.25) < 1e-9)
        // 2 and 3 come 50 times, chance has 15.4 of it.
        #expect(report.allPairs.top.dropFirst().map(\.count) == [50, 50, 50, 50])
        #expect(report.allPairs == report.adjacentRanks, "for k = 2 all ranks are neighbors")
    }

    @Test func `a pair's first expert is the one with fewer visits`() throws {
        let routes = (0..<300).map { $0 % 3 == 0 ? [1, 3] : [1, $0 % 3 * 2 - 2] }  // 1 with 3, 0 or 2
        let solo = (0..<300).map { _ in [4, 5] }
        let report = try #require(
            LayerReport.all(of: .sample(experts: 6, topK: 2, routes: [routes + solo]))[0].coActivation)
        #expect(report.allPairs.top.map { [$0.first, $0.second, $0.count] }.contains([3, 1, 100]))
        #expect(report.allPairs.top.allSatisfy { $0.probability == 1 })
    }

    @Test func `noise is not listed`() {
        for seed in 1...20 {
            let table = RoutingTable.random(
                experts: 32, topK: 4, layers: 1, texts: 1, tokensPerText: 500, skew: 0.95, seed: UInt64(seed))
            let pairs = LayerReport.all(of: table)[0].coActivation?.allPairs
            #expect(pairs?.top.isEmpty == true, "\(seed)")
        }
    }

    @Test func `the pairs of independent experts are as strong as chance`() throws {
        let table = RoutingTable.random(experts: 16, topK: 4, layers: 1, texts: 1, tokensPerText: 20_000)
        let report = try #require(LayerReport.all(of: table)[0].coActivation)
        #expect(report.chance == 0.2)
        #expect(report.allPairs.strongest > 0.2 && report.allPairs.strongest < 0.22)
        // Three of the six pairs of four ranks are neighbors.
        #expect(report.adjacentRanks.strongest > 0.1 && report.adjacentRanks.strongest < 0.12)
    }

    @Test(arguments: [65, 1024, 1025, 65_535]) func `many experts have no matrix but pairs`(_ experts: Int) throws {
        let routes = (0..<200).map { $0 % 2 == 0 ? [experts - 1, 3, 7] : [$0 % 32 + 16, 48] }
        let report = try #require(
            LayerReport.all(of: .sample(experts: experts, topK: 3, routes: [routes]))[0].coActivation)
        #expect(report.allPairs.counts == nil && report.adjacentRanks.counts == nil)
        let strongest = report.allPairs.top.map { Set([$0.first, $0.second]) }
        #expect(strongest.contains([experts - 1, 3]) && strongest.contains([experts - 1, 7]))
        #expect(report.adjacentRanks.top.contains { $0.first == 3 && $0.second == experts - 1 || $0.second == 3 })
    }

    @Test func `of a token's many visits the first count`() throws {
        let routes = (0..<30).map { _ in Array(0..<200) }
        let report = try #require(
            LayerReport.all(of: .sample(experts: 200, topK: 2, routes: [routes]))[0].coActivation)
        #expect(report.allPairs.strongest == 1, "of the first 64 visits of each")
        #expect(abs(report.chance - 63.0 / 199) < 1e-12)
    }

    @Test func `a part of the tokens stands for too many pairs`() throws {
        // Of 1,100 experts, 600 tokens visit the first 64 or the next: 1.2 million pairs.
        let routes = (0..<600).map { token in Array(0..<64).map { $0 + token % 2 * 64 } }
        let report = try #require(
            LayerReport.all(of: .sample(experts: 1100, topK: 64, routes: [routes]))[0].coActivation)
        #expect(report.allPairs.strongest == 1 && abs(report.chance - 63.0 / 1099) < 1e-12)
        #expect(report.allPairs.top.count == 20)
        #expect(report.allPairs.top.allSatisfy { $0.probability == 1 && $0.count > 80 && $0.count < 200 })
    }
}
