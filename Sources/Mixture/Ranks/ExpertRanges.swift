/// Which rank computes which experts of a layer: consecutive ones, in proportion to what each can hold.
package struct ExpertRanges: Sendable, Equatable {
    /// Where each rank's experts begin, and where the last one's end.
    private let bounds: [Int]

    /// - Parameter weights: of each rank, such as its bytes of memory for experts; all zero: all alike.
    package init(of experts: Int, weights: [Int]) {
        precondition(experts >= 0 && !weights.isEmpty && weights.allSatisfy { $0 >= 0 }, "\(experts) over \(weights)")
        let weights = weights.contains { $0 > 0 } ? weights.map(Double.init) : weights.map { _ in 1 }
        let total = weights.reduce(0, +)
        var sum = 0.0
        bounds =
            [0]
            + weights.map { weight in
                sum += weight
                return Int((sum / total * Double(experts)).rounded())
            }
    }

    package var ranks: Int { bounds.count - 1 }

    package subscript(rank: Int) -> Range<Int> { bounds[rank]..<bounds[rank + 1] }
}
