/// Where expert choice's cuts fell lately: a mean over the steps that forgets (the expert threshold of arXiv 2603.11535).
struct ChoiceThresholds: Sendable {
    private let decay: Float
    /// The decaying sum of what the steps gave, and of the weight they had in it.
    private var average: [Float]
    private var weight: Float = 0
    /// Of the micro-batches of this step.
    private var sums: [Float]
    private var tokens: Float = 0

    init(experts: Int, decay: Double) {
        self.decay = Float(decay)
        average = Array(repeating: 0, count: experts)
        sums = average
    }

    /// The threshold of each expert; before any step an even share.
    var values: [Float] {
        weight > 0 ? average.map { $0 / weight } : average.map { _ in 1 / Float(average.count) }
    }

    /// Takes the cuts of a micro-batch of some tokens.
    mutating func record(_ cuts: [Float], tokens count: Int) {
        for expert in sums.indices { sums[expert] += cuts[expert] * Float(count) }
        tokens += Float(count)
    }

    mutating func finishStep() {
        guard tokens > 0 else { return }
        for expert in sums.indices {
            average[expert] = decay * average[expert] + (1 - decay) * sums[expert] / tokens
            sums[expert] = 0
        }
        weight = decay * weight + (1 - decay)
        tokens = 0
    }

    /// All of it, as numbers.
    var state: [Float] {
        get { average + sums + [weight, tokens] }
        set {
            let experts = average.count
            precondition(newValue.count == 2 * experts + 2, "\(newValue.count) numbers for \(experts) thresholds")
            average = Array(newValue[..<experts])
            sums = Array(newValue[experts..<2 * experts])
            (weight, tokens) = (newValue[2 * experts], newValue[2 * experts + 1])
        }
    }
}
