import Mixture
import Tensors
import Testing

@Suite struct TableRouterTests {
    @Test func `a token goes where the table says, whatever its scores`() {
        let router = TableRouter(table: [1, 0, 1], weighting: Weighting(.one))
        let assignment = router.route(Matrix([[9, 0], [9, 0], [9, 0]]), of: [2, 0, 1])
        #expect(assignment[1].map(\.token) == [0, 1])
        #expect(assignment[0].map(\.token) == [2])
        #expect(assignment.visits.map(\.weight) == [1, 1, 1])
    }

    @Test func `its weight can be the gate's`() {
        let router = TableRouter(table: [1], weighting: Weighting(.sigmoid))
        #expect(router.route(Matrix([[9, 0]]), of: [0]).visits.map(\.weight) == [0.5])
    }
}
