import Mixture
import Tensors
import Testing

/// DeepSeek-V3's router, which top-k with a bias and groups makes.
@Suite struct SigmoidRouterTests {
    private let share = Weighting(.sigmoidShare)

    @Test func `a bias decides who is chosen and not what it weighs`() throws {
        let router = TopKRouter(k: 1, weighting: Weighting(.sigmoid), bias: [0, 0.5])
        let assignment = router.route(Matrix([[0.1, 0]]))
        // σ(0) + 0.5 is more than σ(0.1); the weight is σ(0) alone.
        #expect(assignment.visits.map(\.expert) == [1])
        #expect(assignment.visits.map(\.weight) == [0.5])
    }

    @Test func `a bias on a softmax ranks shares, not scores`() {
        // Shares 0.27 and 0.73 of scores 99 and 100: a bias of 0.5 turns them round, as one of scores would not.
        let router = TopKRouter(k: 1, weighting: Weighting(.softmaxOfAll), bias: [0.5, 0])
        #expect(router.route(Matrix([[99, 100]])).visits.map(\.expert) == [0])
    }

    @Test func `a token stays within its best groups`() {
        // Expert 0 is the best, but 2 and 3 are the better pair.
        let router = TopKRouter(k: 2, weighting: share, groups: GroupLimit(groups: 2, allowed: 1))
        #expect(router.route(Matrix([[3, -5, 2, 2]])).visits.map(\.expert) == [2, 3])
    }

    @Test func `of equal groups the lower is allowed`() {
        let router = TopKRouter(k: 2, weighting: share, groups: GroupLimit(groups: 2, allowed: 1))
        #expect(router.route(Matrix([[1, 2, 2, 1]])).visits.map(\.expert) == [0, 1])
    }

    @Test func `groups of one expert are ranked by it`() {
        let router = TopKRouter(k: 1, weighting: share, groups: GroupLimit(groups: 3, allowed: 1))
        #expect(router.route(Matrix([[1, 2, 0]])).visits.map(\.expert) == [1])
    }

    @Test func `experts of other groups lose even where every rank is negative`() {
        // Masked with 0, groups that are not allowed would win here.
        let router = TopKRouter(
            k: 2, weighting: share, bias: [-2, -2, -1.5, -1.5], groups: GroupLimit(groups: 2, allowed: 1))
        #expect(router.route(Matrix([[0, 0, 0, 0]])).visits.map(\.expert) == [2, 3])
    }

    @Test func `weights are shares of the chosen, times the scale`() {
        let router = TopKRouter(k: 2, weighting: Weighting(.sigmoidShare, scale: 2.5))
        #expect(router.route(Matrix([[0, 0, -9]])).visits.map(\.weight) == [1.25, 1.25])
    }
}
