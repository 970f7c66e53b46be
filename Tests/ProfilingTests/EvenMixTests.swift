import Profiling
import Testing

@Suite struct EvenMixTests {
    @Test func `every stretch has its share of each kind`() {
        let order = EvenMix.order(counts: [4, 2, 0])
        #expect(order.map(\.kind) == [0, 1, 0, 0, 1, 0])
        #expect(order.filter { $0.kind == 0 }.map(\.place) == [0, 1, 2, 3])
    }

    @Test func `nothing is lost and nothing comes twice`() {
        let order = EvenMix.order(counts: [7, 1, 30])
        #expect(Set(order.map { $0.kind * 100 + $0.place }).count == 38)
        #expect(EvenMix.order(counts: []).isEmpty)
    }
}
