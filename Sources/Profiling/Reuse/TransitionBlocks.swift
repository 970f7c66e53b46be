/// What each block of tokens adds to the information from a layer to the next, and to the probabilities of single steps.
///
/// Mutual information is the mean over pairs of visits of their pointwise information, which is taken as given (the delta
/// method; what chance adds is about the same in every resample).
struct TransitionBlocks {
    /// Pairs that are looked at: of more, those of evenly spread tokens, so that intervals are wider than they need to be.
    private static let mostPairs = 1 << 21

    private var information: BlockRatio
    private var steps: [BlockRatio]
    private let resampling: BlockResampling

    /// Nil for too few tokens that visit experts in both layers.
    ///
    /// - Parameters:
    ///   - pointwise: `[before][after]`, in nats.
    ///   - steps: pairs of experts, by their places.
    init?(
        from before: ToldExperts, to after: ToldExperts, tokens: Int, pairs: ExpertPairs, pointwise: [Double],
        steps pairsOfSteps: [(before: Int, after: Int)]
    ) {
        guard pairs.tokens >= BlockResampling.leastTokens, let resampling = BlockResampling(tokens: tokens) else {
            return nil
        }
        self.resampling = resampling
        information = BlockRatio(blocks: resampling.blocks)
        steps = [BlockRatio](repeating: information, count: pairsOfSteps.count)
        var stepOfPair = [Int8](repeating: -1, count: pointwise.count)
        for (step, pair) in pairsOfSteps.enumerated() {
            stepOfPair[pair.before * pairs.experts + pair.after] = Int8(step)
        }
        let stride = 1 + pairs.counts.reduce(0) { $0 + Int($1) } / Self.mostPairs
        let blocks = EvenBlocks(things: (tokens + stride - 1) / stride, count: resampling.blocks)
        var (first, second) = (ToldExperts.Visited(), ToldExperts.Visited())
        for block in 0..<blocks.count {
            var sums = StepSums(experts: pairs.experts, steps: steps.count)
            for thing in blocks[block] {
                before.read(thing * stride, &first)
                after.read(thing * stride, &second)
                sums.add(before: first, after: second, pointwise: pointwise, stepOfPair: stepOfPair)
            }
            information.add(sums.information, of: Double(sums.pairs), to: block)
            for (step, pair) in pairsOfSteps.enumerated() {
                steps[step].add(sums.steps[step], of: sums.tokens[pair.before], to: block)
            }
        }
    }

    func interval(ofInformation value: Double) -> Interval? {
        resampling.interval(of: information, around: value, within: 0...Double.infinity)
    }

    func interval(ofStep step: Int, around probability: Double) -> Interval? {
        resampling.interval(of: steps[step], around: probability, within: 0...1)
    }
}

/// The sums of one block.
private struct StepSums {
    private(set) var information = 0.0
    private(set) var pairs = 0
    /// For each expert before: tokens that visit it, and any expert after.
    private(set) var tokens: [Int]
    private(set) var steps: [Int]

    init(experts: Int, steps count: Int) {
        tokens = [Int](repeating: 0, count: experts)
        steps = [Int](repeating: 0, count: count)
    }

    mutating func add(
        before: ToldExperts.Visited, after: ToldExperts.Visited, pointwise: [Double], stepOfPair: [Int8]
    ) {
        guard !after.places.isEmpty else { return }
        pairs += before.places.count * after.places.count
        for expert in before.places {
            tokens[expert] += 1
            let row = expert * tokens.count
            var sum = 0.0
            for next in after.places {
                sum += pointwise[row + next]
                if stepOfPair[row + next] >= 0 { steps[Int(stepOfPair[row + next])] += 1 }
            }
            information += sum
        }
    }
}
