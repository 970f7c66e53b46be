import Mixture
import Tensors
import Testing

@Suite struct BalancedSolverTests {
    /// `[experts][tokens]`, normal.
    private func scores(tokens: Int, experts: Int, seed: UInt64 = 1) -> [[Float]] {
        var random = RandomNumbers(seed: seed)
        return (0..<experts).map { _ in
            var row = [Float](repeating: 0, count: tokens)
            var span = row.mutableSpan
            random.fillNormal(&span, deviation: 1)
            return row
        }
    }

    private func total(_ scores: [[Float]], _ experts: [Int]) -> Double {
        experts.enumerated().reduce(0) { $0 + Double(scores[$1.element][$1.offset]) }
    }

    private func loads(_ experts: [Int], of count: Int) -> [Int] {
        (0..<count).map { expert in experts.count { $0 == expert } }
    }

    static let exact: [BalancedSolver] = [.auction, .hungarian, .greedy]

    @Test(arguments: exact, [(12, 4), (13, 4), (3, 5), (1, 4), (64, 1), (0, 3), (97, 8)])
    func `every expert has exactly its share`(solver: BalancedSolver, shape: (tokens: Int, experts: Int)) {
        let experts = solver.solve(scores(tokens: shape.tokens, experts: shape.experts))
        let shares = (0..<shape.experts).map {
            shape.tokens / shape.experts + ($0 < shape.tokens % shape.experts ? 1 : 0)
        }
        #expect(loads(experts, of: shape.experts) == shares)
    }

    @Test(arguments: exact) func `equal scores and scores that are not finite end, too`(solver: BalancedSolver) {
        let equal = [[Float]](repeating: Array(repeating: 0.5, count: 40), count: 4)
        #expect(loads(solver.solve(equal), of: 4) == [10, 10, 10, 10])
        var broken = scores(tokens: 40, experts: 4)
        (broken[0][0], broken[1][1], broken[2][2]) = (.nan, .infinity, -.infinity)
        #expect(loads(solver.solve(broken), of: 4) == [10, 10, 10, 10])
    }

    @Test func `tokens go where the batch as a whole is served best`() {
        // Both tokens prefer expert 0; token 1 minds less going elsewhere. 9 + 6 is more than 8 + 2.
        let scores: [[Float]] = [[9, 8], [2, 6]]
        #expect(BalancedSolver.hungarian.solve(scores) == [0, 1])
        #expect(BalancedSolver.auction.solve(scores) == [0, 1])
    }

    @Test(arguments: 1...20) func `the oracle finds the best of all assignments`(seed: UInt64) {
        let scores = scores(tokens: 6, experts: 3, seed: seed)
        var best = -Double.infinity
        for code in 0..<729 {
            let experts = (0..<6).map { code / [1, 3, 9, 27, 81, 243][$0] % 3 }
            if loads(experts, of: 3) == [2, 2, 2] { best = max(best, total(scores, experts)) }
        }
        #expect(abs(total(scores, BalancedSolver.hungarian.solve(scores)) - best) < 1e-6)
    }

    @Test(arguments: [(256, 8), (1_024, 8), (1_024, 32), (1_000, 7)], 1...3)
    func `the auction reaches 99.5 % of the optimum, and greed does not`(
        shape: (tokens: Int, experts: Int), seed: UInt64
    ) {
        let scores = scores(tokens: shape.tokens, experts: shape.experts, seed: seed)
        let optimum = total(scores, BalancedSolver.hungarian.solve(scores))
        #expect(total(scores, BalancedSolver.auction.solve(scores)) >= 0.995 * optimum)
        #expect(total(scores, BalancedSolver.greedy.solve(scores)) < 0.995 * optimum)
    }

    @Test func `after Sinkhorn's scaling every token's best is nearly balanced`() {
        var scores = scores(tokens: 1_024, experts: 8)
        // Everybody likes the first expert; exp(500) would overflow.
        for token in 0..<1_024 { scores[0][token] += 500 }
        let loads = loads(BalancedSolver.sinkhorn.solve(scores), of: 8)
        #expect(loads.allSatisfy { $0 > 64 && $0 < 192 }, "\(loads)")
    }
}
