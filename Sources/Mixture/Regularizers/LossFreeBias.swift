/// A bias on each expert's rank that goes up while the expert gets too little and down while it gets too much
/// (Wang et al., 2024, arXiv 2408.15664, algorithm 1). It has no gradient and is in no weight.
struct LossFreeBias: Sendable, Equatable {
    var values: [Float]
    let rate: Float

    /// Moves every bias by the rate, and then all of them so that their mean is 0.
    ///
    /// - Parameter counts: choices of each expert over the whole of an optimizer's step.
    mutating func update(_ counts: [Int]) {
        let sum = counts.reduce(0, +)
        for expert in values.indices {
            values[expert] += rate * Float((sum - counts[expert] * counts.count).signum())
        }
        let mean = values.reduce(0, +) / Float(values.count)
        for expert in values.indices { values[expert] -= mean }
    }
}
