import RankBehavior
import Ranks
import Testing

@Suite struct PlacementTests {
    /// EPLB's example: 12 experts in 4 groups, 16 slots, 8 ranks on 2 hosts.
    private static let loads = [
        [90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86], [20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27],
    ]
    private static let published = [
        [5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1], [7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1],
    ]

    @Test(arguments: zip(loads, published))
    func `slots are packed as EPLB publishes them`(_ loads: [Int], _ published: [Int]) {
        let slots = ExpertSlots.packed(loads, slots: 16, ranks: 8, groups: 4, hosts: 2)
        #expect(slots.experts == published)
    }

    @Test func `an expert's tokens are split evenly over its slots`() {
        let slots = ExpertSlots(experts: [0, 1, 0, 0, 2, 1], ranks: 3)
        let shares = slots.shares(of: [10, 5, 7])
        #expect(shares.shares[0] == [.init(rank: 0, tokens: 3), .init(rank: 1, tokens: 7)])
        #expect(shares.shares[1] == [.init(rank: 0, tokens: 2), .init(rank: 2, tokens: 3)])
        #expect(shares.loads(ranks: 3) == [5, 7, 10])
        #expect(shares.imbalance(ranks: 3) == 10 * 3 / 22.0)
    }

    @Test func `the busiest expert goes to the idlest rank, and experts stay where that is as good`() throws {
        let old = ExpertOwners(experts: 4, ranks: 2)
        // 9 + 8 on one rank and 2 + 1 on the other; 9 + 1 and 8 + 2 are even.
        let new = try #require(old.rebalanced(for: [9, 8, 2, 1], slots: 2))
        #expect(new.owners == [0, 1, 1, 0])
        #expect(new.moved(from: old) == [1, 3])
        #expect(new.shares(of: [9, 8, 2, 1]).imbalance(ranks: 2) == 1)
        #expect(old.rebalanced(for: [5, 5, 5, 5], slots: 2) == nil)
        #expect(new.rebalanced(for: [9, 8, 2, 1], slots: 2) == nil)
    }

    @Test(arguments: 0..<50) func `placements keep every expert and every token, and slots`(_ seed: Int) throws {
        var random = SeededNumbers(seed)
        let ranks = 1 + random.below(8)
        let slots = 1 + random.below(5)
        let experts = 1 + random.below(ranks * slots)
        let loads = (0..<experts).map { _ in random.below(2) == 0 ? random.below(10) : random.below(1000) }
        let owners = ExpertOwners(experts: experts, ranks: ranks)
        let packed = ExpertSlots.packed(loads, slots: ranks * slots, ranks: ranks)
        #expect(Set(packed.experts) == Set(0..<experts))
        let moved = owners.rebalanced(for: loads, slots: slots) ?? owners
        #expect((0..<ranks).allSatisfy { rank in moved.owners.count { $0 == rank } <= slots })
        for shares in [packed.shares(of: loads), moved.shares(of: loads), owners.balanced(for: loads)] {
            #expect(shares.shares.map { $0.reduce(0) { $0 + $1.tokens } } == loads)
            #expect(shares.shares.allSatisfy { Set($0.map(\.rank)).count == $0.count })
        }
    }

    @Test(arguments: 0..<50) func `an exact balance leaves ranks one token apart, with few loans`(_ seed: Int) {
        var random = SeededNumbers(seed)
        let (ranks, experts) = (1 + random.below(16), 1 + random.below(64))
        let loads = (0..<experts).map { _ in random.below(4) == 0 ? random.below(5000) : random.below(30) }
        let balanced = ExpertOwners(experts: experts, ranks: ranks).balanced(for: loads)
        let work = balanced.loads(ranks: ranks)
        #expect(work.max()! - work.min()! <= 1)
        #expect(balanced.shares.reduce(0) { $0 + $1.count } <= experts + 2 * ranks)
    }

    @Test(arguments: 0..<20) func `slots even out loads that no placement without them does`(_ seed: Int) {
        let loads = SkewedLoads.training(experts: 32, seed: seed)
        let owners = ExpertOwners(experts: 32, ranks: 16)
        let placed = owners.rebalanced(for: loads, slots: 2) ?? owners
        #expect(placed.shares(of: loads).imbalance(ranks: 16) > 5.7)
        #expect(ExpertSlots.packed(loads, slots: 48, ranks: 16).shares(of: loads).imbalance(ranks: 16) <= 1.3)
    }

    @Test func `as many slots as before even out mild loads, and twice as many nearly level them`() {
        let draws = (0..<200).map { SkewedLoads.mild(experts: 16, seed: $0) }
        let mean = { (imbalances: [Double]) in imbalances.reduce(0, +) / Double(imbalances.count) }
        let packed = { (slots: Int) in
            mean(draws.map { ExpertSlots.packed($0, slots: slots, ranks: 32).shares(of: $0).imbalance(ranks: 32) })
        }
        // Each expert on two ranks, whatever its load.
        #expect(abs(mean(draws.map { imbalance(of: $0) }) - 1.73) < 0.02)
        #expect(packed(32) <= 1.31)
        #expect(packed(64) <= 1.05)
    }

    @Test func `loads that are even already are left alone`() {
        let owners = ExpertOwners(experts: 3, ranks: 3)
        #expect(owners.balanced(for: [2, 3, 2]) == owners.shares(of: [2, 3, 2]))
    }

    @Test func `tokens stay on their rank where it has a share of their expert`() {
        let shares = ExpertShares([[.init(rank: 0, tokens: 6), .init(rank: 2, tokens: 4)]])
        // Rank 1 has no share: 1 of its 5 goes to what is left on rank 0, 4 less what rank 2 keeps to rank 2.
        #expect(shares.split(0, visits: [4, 5, 1]) == [[4, 0], [2, 3], [0, 1]])
        #expect(shares.split(0, visits: [10, 0, 0]) == [[6, 4], [0, 0], [0, 0]])
    }

    @Test func `an expert is sent to all ranks where that is faster than its tokens' way to it`() {
        // Two ranks of one expert each; all 100 tokens of both visit the first one.
        let visits = [[100, 0], [100, 0]]
        let owners = ExpertOwners(experts: 2, ranks: 2)
        var costs = Shadowing(computing: 1, sending: 0.5, copying: 149)
        // At home: 200 to compute, 100 there and back. Sent: 100 to compute and the copy.
        #expect(costs.seconds(visits, owners, shadowed: []) == 300)
        #expect(costs.seconds(visits, owners, shadowed: [0]) == 249)
        #expect(costs.shadowed(visits, owners) == [0])
        costs.copying = 201
        #expect(costs.shadowed(visits, owners) == [])
        // In training three times the arithmetic, four ways for tokens and two for weights: 800 against 300 + 402.
        costs.isTraining = true
        #expect(costs.seconds(visits, owners, shadowed: []) == 800)
        #expect(costs.seconds(visits, owners, shadowed: [0]) == 702)
        #expect(costs.shadowed(visits, owners) == [0])
    }
}
