import Foundation
import Profiling
import Testing

@Suite struct BalanceCollapseTests {
    @Test func `as many experts are effective as would share alike`() {
        #expect(abs(LoadBalance(loads: [5, 5, 5, 5], topK: 1).effectiveExperts - 4) < 1e-12)
        #expect(abs(LoadBalance(loads: [0, 7, 0, 7], topK: 2).effectiveExperts - 2) < 1e-12)
        #expect(LoadBalance(loads: [0, 9, 0], topK: 1).effectiveExperts == 1)
        // ½ ln 2 + 2 × ¼ ln 4 = 3/2 ln 2
        #expect(abs(LoadBalance(loads: [2, 1, 1], topK: 1).effectiveExperts - pow(2, 1.5)) < 1e-12)
    }

    @Test(arguments: [(8, 1), (8, 2), (64, 8), (128, 8), (128, 2), (512, 10), (4, 1), (4, 3), (2, 1)])
    func `all tokens at the same experts is collapse, all alike is not`(_ experts: Int, _ topK: Int) {
        let tokens = 100_000
        let same = (0..<experts).map { $0 < topK ? tokens : 0 }
        #expect(LoadBalance(loads: same, topK: topK).isCollapsed)
        #expect(!LoadBalance(loads: [Int](repeating: tokens * topK / experts, count: experts), topK: topK).isCollapsed)
    }

    @Test func `hardly more experts than a token visits is collapse`() {
        // Two get nearly all, as from a router without a balance loss: 3.4 of 8 effective experts.
        #expect(LoadBalance(loads: [4500, 3900, 900, 300, 200, 100, 60, 40], topK: 2).isCollapsed)
        // 12 of 128 share alike, top 8.
        #expect(LoadBalance(loads: (0..<128).map { $0 < 12 ? 10_000 : 0 }, topK: 8).isCollapsed)
    }

    @Test func `a quarter of the room is the limit, half of it where one expert sees most tokens`() {
        let alike = { (alive: Int, experts: Int, topK: Int) in
            LoadBalance(loads: (0..<experts).map { $0 < alive ? 10_000 : 0 }, topK: topK).isCollapsed
        }
        #expect(alike(37, 128, 8) && !alike(39, 128, 8))  // 8 + 120 / 4 = 38
        #expect(alike(3, 8, 2) && !alike(4, 8, 2))  // 2 + 6 / 4
        #expect(alike(1, 4, 1) && !alike(2, 4, 1))  // 1 + 3 / 4
        // 4.5 and 4.7 of 8 effective, of a limit of 5; the first expert sees 80 % of the tokens, then 60 %.
        #expect(LoadBalance(loads: [4000, 3000, 1500, 600, 400, 200, 200, 100], topK: 2).isCollapsed)
        #expect(!LoadBalance(loads: [3000, 3000, 2600, 500, 400, 200, 200, 100], topK: 2).isCollapsed)
    }

    @Test func `uneven is not collapsed`() {
        // The busiest of eight at 2.3 times the mean, of a ceiling of 4; effective are 6.7.
        #expect(!LoadBalance(loads: [2850, 2000, 1500, 1000, 1000, 750, 500, 400], topK: 2).isCollapsed)
        // Half of the experts dead: bad enough, but 32 others share the work.
        #expect(!LoadBalance(loads: (0..<64).map { $0 < 32 ? 10_000 : 0 }, topK: 8).isCollapsed)
        // One expert sees every token, the other place is shared alike: exp(½ ln 2 + ½ ln 14) = 5.3 of 8.
        #expect(!LoadBalance(loads: [7000, 1000, 1000, 1000, 1000, 1000, 1000, 1000], topK: 2).isCollapsed)
    }

    @Test func `few tokens prove nothing`() {
        let same = { (tokens: Int, experts: Int, topK: Int) in
            LoadBalance(loads: (0..<experts).map { $0 < topK ? tokens : 0 }, topK: topK).isCollapsed
        }
        #expect(!same(128, 128, 6), "a text of 128 tokens")
        #expect(!same(511, 8, 2) && same(512, 8, 2))
        // 64 visits for each of 128 experts are 4096 tokens for k = 2; 16 tokens for each are 2048 for k = 8.
        #expect(!same(4095, 128, 2) && same(4096, 128, 2))
        #expect(!same(2047, 128, 8) && same(2048, 128, 8))
        #expect(!LoadBalance(loads: [0, 0], topK: 1).isCollapsed)
    }

    @Test func `where there is no choice nothing collapses`() {
        #expect(!LoadBalance(loads: [10_000], topK: 1).isCollapsed)
        #expect(!LoadBalance(loads: [10_000, 10_000], topK: 2).isCollapsed)
    }

    @Test func `a report says so too`() {
        let collapsed = RoutingTable.random(experts: 8, topK: 2, layers: 1, texts: 4, tokensPerText: 200, skew: 0.05)
        let uneven = RoutingTable.random(experts: 8, topK: 2, layers: 1, texts: 4, tokensPerText: 200, skew: 0.7)
        #expect(LayerReport.all(of: collapsed).map(\.isCollapsed) == [true])
        #expect(LayerReport.all(of: uneven).map(\.isCollapsed) == [false])
    }
}
