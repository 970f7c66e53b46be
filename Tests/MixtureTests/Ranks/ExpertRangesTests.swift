import Mixture
import Testing

struct ExpertRangesTests {
    @Test(arguments: [1, 2, 3, 5, 8, 13], [0, 1, 7, 8, 64])
    func `every expert belongs to one rank, as many to each as its memory holds`(ranks: Int, experts: Int) {
        for weights in [Array(repeating: 5, count: ranks), (0..<ranks).map { $0 * $0 * 1_000_000_007 }] {
            let ranges = ExpertRanges(of: experts, weights: weights)
            #expect(ranges.ranks == ranks)
            #expect((0..<ranks).flatMap { Array(ranges[$0]) } == Array(0..<experts))
            let total = max(1, weights.reduce(0, +))
            for rank in 0..<ranks where weights.contains(where: { $0 > 0 }) {
                let exact = Double(weights[rank]) / Double(total) * Double(experts)
                #expect(abs(Double(ranges[rank].count) - exact) <= 1)
            }
        }
    }

    @Test func `ranks without memory share alike`() {
        let ranges = ExpertRanges(of: 8, weights: [0, 0])
        #expect(ranges[0] == 0..<4 && ranges[1] == 4..<8)
    }
}
