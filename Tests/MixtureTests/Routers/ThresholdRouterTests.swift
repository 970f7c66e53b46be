import Mixture
import Tensors
import Testing

@Suite struct ThresholdRouterTests {
    @Test func `a token visits none, some or all experts, the surest first`() {
        let router = ThresholdRouter(thresholds: [0.4, 0.3])
        // Shares: 1/2 and 1/2; 1/5 and 4/5; and of the last token 0.35 and 0.65.
        let assignment = router.route(Matrix([[0, 0], [0, 1.386_294_4], [0, 0.619_039_2]]))
        #expect(assignment[0].map(\.token) == [0])
        #expect(assignment[1].map(\.token) == [0, 1, 2])
        #expect(ThresholdRouter(thresholds: [0.9, 0.9]).route(Matrix([[0, 0]])).visits.isEmpty)
    }

    @Test func `a share at the threshold is not above it`() {
        #expect(ThresholdRouter(thresholds: [0.5, 0.25]).route(Matrix([[0, 0]])).visits.map(\.expert) == [1])
    }

    @Test func `weights are shares of all experts, and slots go by them`() throws {
        let assignment = ThresholdRouter(thresholds: [0, 0]).route(Matrix([[0, 1.386_294_4]]))
        let (low, high) = (try #require(assignment[0].first), try #require(assignment[1].first))
        #expect(abs(low.weight - 0.2) < 1e-6 && abs(high.weight - 0.8) < 1e-6)
        #expect((high.slot, low.slot) == (0, 1))
    }
}
