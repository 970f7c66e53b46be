import Mixture
import Tensors
import Testing

@Suite struct TopKRouterTests {
    @Test func `a token goes to its best experts, the weight being their share`() {
        let assignment = TopKRouter(k: 2).route(Matrix([[0, 3, 1, 3]]))
        #expect(assignment.visitedExperts == [ExpertVisits(expert: 1, visits: 1), ExpertVisits(expert: 3, visits: 1)])
        #expect(assignment[1].map(\.weight) == [0.5])
        #expect(assignment[3].map(\.weight) == [0.5])
    }

    @Test func `of equal scores the lower expert has the earlier slot`() {
        let assignment = TopKRouter(k: 2).route(Matrix([[7, 7, 7]]))
        #expect(assignment[0].map(\.slot) == [0])
        #expect(assignment[1].map(\.slot) == [1])
        #expect(assignment[2].isEmpty)
    }

    @Test func `weights are the softmax over all experts, renormalized`() throws {
        let assignment = TopKRouter(k: 2).route(Matrix([[1, 2, 4]]))
        // e⁴ / (e² + e⁴) = 1 / (1 + e⁻²) = 0.880797
        let first = try #require(assignment[2].first)
        let second = try #require(assignment[1].first)
        #expect(abs(first.weight - 0.880797) < 1e-6)
        #expect(abs(first.weight + second.weight - 1) < 1e-6)
    }

    @Test func `visits are grouped by expert and within an expert by token`() {
        let assignment = TopKRouter(k: 1).route(Matrix([[0, 1], [1, 0], [0, 2], [3, 0]]))
        #expect(assignment[0].map(\.token) == [1, 3])
        #expect(assignment[1].map(\.token) == [0, 2])
        #expect(assignment.visits.map(\.weight) == [1, 1, 1, 1])
    }

    @Test func `a score that is not a number loses to every other`() {
        let assignment = TopKRouter(k: 2).route(Matrix([[.nan, -5, -6]]))
        #expect(assignment[1].map(\.slot) == [0])
        #expect(assignment[2].map(\.slot) == [1])
    }

    @Test(arguments: 1...6) func `every token has k different experts`(k: Int) {
        var state: UInt64 = 7
        let scores = Matrix((0..<50).map { _ in (0..<6).map { _ in noise(&state) } })
        let assignment = TopKRouter(k: k).route(scores)
        #expect(assignment.visits.count == 50 * k)
        for token in 0..<50 {
            let own = assignment.visits.filter { $0.token == token }
            #expect(Set(own.map(\.expert)).count == k)
            #expect(Set(own.map(\.slot)) == Set(0..<k))
        }
    }
}
