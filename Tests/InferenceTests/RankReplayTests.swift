import Inference
import Mixture
import Profiling
import Ranks
import Tensors
import Testing

struct RankReplayTests {
    /// Tokens of one layer that each visit one expert: the first of the four often, and another favorite after half of them.
    private func table(tokens: Int, experts: Int, hot: (Int) -> [Int]) -> RoutingTable {
        var builder = RoutingTableBuilder(model: "made up", experts: experts, topK: 1)
        let layer = builder.layer(named: "0")
        var random = RandomNumbers(seed: 7)
        for token in 0..<tokens {
            builder.beginPass(.decode, position: token, ids: [-1])
            let favorites = hot(token)
            let expert =
                Int.random(in: 0..<4, using: &random) > 0
                ? favorites[Int.random(in: 0..<favorites.count, using: &random)]
                : Int.random(in: 0..<experts, using: &random)
            let isAdded = builder.append(token, layer: layer, experts: [expert])
            #expect(isAdded)
        }
        return builder.finish()
    }

    @Test func `loads are counted stretch by stretch`() throws {
        let table = table(tokens: 100, experts: 8) { _ in [3] }
        let loads = try ExpertLoads(table, tokens: 10)
        #expect(loads.stretches == 10 && loads.tokens == 10 && loads.layers == 1)
        for stretch in 0..<10 {
            let visits = loads.visits(stretch)[0]
            #expect(visits.reduce(0, +) == 10 && visits.max() == visits[3])
        }
        // A short trace is cut into eight, and no trace into more than some thousands.
        #expect(try ExpertLoads(table, tokens: 512).stretches == 8)
        #expect(try ExpertLoads(table, tokens: 512).tokens == 12)
        let long = try ExpertLoads(self.table(tokens: 9000, experts: 2) { _ in [0] }, tokens: 1)
        #expect(long.tokens == 3 && long.stretches == 3000)
    }

    @Test func `neighbors that are busy are spread, the busiest is repeated, and lending makes all alike`() throws {
        // Four of sixteen experts are busy, all of them the first rank's own.
        let loads = try ExpertLoads(table(tokens: 8000, experts: 16) { _ in [0, 1, 2, 3] }, tokens: 500)
        let replay = try RankReplay(loads, ranks: 4, cost: nil)
        let found = Dictionary(uniqueKeysWithValues: replay.balances.map { ($0.placement, $0) })
        let (first, greedy, exact) = (found["consecutive"]!, found["greedy"]!, found["exact"]!)
        #expect(first.meanImbalance > 3 && first.movedExperts == 0)
        // The first of sixteen stretches is as bad as before.
        #expect(greedy.meanImbalance < 1.5 && greedy.worstImbalance > 3 && greedy.movedExperts > 0)
        #expect(exact.worstImbalance < 1.02 && exact.movedExperts > 0)
        #expect(found["replicated"]!.meanImbalance <= greedy.meanImbalance + 0.05)
        #expect(replay.ways.isEmpty)
        // One expert that has nearly everything can only be repeated.
        let one = try RankReplay(
            ExpertLoads(table(tokens: 8000, experts: 16) { _ in [5] }, tokens: 500), ranks: 4, cost: nil)
        let alone = Dictionary(uniqueKeysWithValues: one.balances.map { ($0.placement, $0) })
        #expect(alone["greedy"]!.meanImbalance > 2.9)
        #expect(alone["replicated"]!.meanImbalance < 0.6 * alone["greedy"]!.meanImbalance)
    }

    /// As the formulas say (Tutel: Hwang et al., 2023): many tokens and small experts want the weights, few tokens do not.
    @Test func `a slow link has weights gathered for many tokens and tokens exchanged for few`() throws {
        func fastest(tokens: Int, link: String) throws -> String {
            let loads = try ExpertLoads(
                table(tokens: 8 * tokens, experts: 8) { _ in [0, 1, 2, 3, 4, 5, 6, 7] }, tokens: tokens)
            let model = RankWay.Model(
                link: try Link(link), tokenBytes: 4096, expertBytes: 1 << 20,
                computing: { $0.reduce(0) { $0 + 20e-6 + Double($1) * 10e-6 } })
            let ways = try RankReplay(loads, ranks: 4, cost: model).ways.filter { $0.way != "outputs" }
            #expect(
                ways.allSatisfy {
                    $0.seconds >= $0.computingSeconds && $0.seconds <= $0.computingSeconds + $0.exchangeSeconds + 1e-12
                })
            return ways.min { $0.seconds < $1.seconds }!.way
        }
        #expect(try fastest(tokens: 16, link: "1Gb,50us") == "tokens")
        #expect(try fastest(tokens: 8192, link: "1Gb,50us") == "weights")
    }

    @Test func `exchange is hidden behind computing by as many chunks as pay for their latency`() throws {
        let loads = try ExpertLoads(table(tokens: 8000, experts: 8) { _ in Array(0..<8) }, tokens: 1000)
        func tokens(latency: String) throws -> RankWay.Cost {
            let model = RankWay.Model(
                link: try Link("1Gb,\(latency)"), tokenBytes: 4096, expertBytes: 1 << 24,
                computing: { Double($0.reduce(0, +)) * 50e-6 })
            return try RankReplay(loads, ranks: 4, cost: model).ways.first { $0.way == "tokens" }!
        }
        let (fast, slow) = try (tokens(latency: "1us"), tokens(latency: "20ms"))
        #expect(fast.degree == 8)
        #expect(fast.seconds < fast.computingSeconds + 0.2 * fast.exchangeSeconds)
        #expect(slow.degree == 1 && abs(slow.seconds - slow.computingSeconds - slow.exchangeSeconds) < 1e-9)
    }
}
