import Tensors

extension Workload {
    /// A step's tokens and what they visit.
    package func step(_ index: Int) -> Step {
        precondition((0..<steps).contains(index), "step \(index) of \(steps)")
        var random = numbers(.step(index))
        let tokens = tokens(inStep: index, &random)
        let sources = tokensBySource(tokens, &random)
        let chosen = kind == .balanced ? dealt(tokens, &random) : drawn(tokens, heat(inStep: index), &random)
        return Step(index: index, experts: experts, topK: topK, tokensBySource: sources, chosen: chosen)
    }

    /// All steps, made one at a time.
    package var allSteps: some Sequence<Step> { (0..<steps).lazy.map { step($0) } }

    private static let stepsPerBurst = 8

    private func tokens(inStep index: Int, _ random: inout RandomNumbers) -> Int {
        guard kind == .burst else { return tokens }
        let (text, place) = index.quotientAndRemainder(dividingBy: Self.stepsPerBurst)
        var ofText = numbers(.text(text))
        let burst = ofText.number(below: Self.stepsPerBurst)
        if place == (text == 0 ? 0 : burst) { return tokens }
        return max(1, tokens >> (3 + random.number(below: 5)))
    }

    private func tokensBySource(_ tokens: Int, _ random: inout RandomNumbers) -> [Int] {
        // Squares, so that the longest of four has more than twice the mean.
        let lengths = (1...ranks).map { kind == .ragged ? $0 * $0 : 1 }
        let total = lengths.reduce(0, +)
        var sum = 0
        var counts = lengths.map { length in
            let first = tokens * sum / total
            sum += length
            return tokens * sum / total - first
        }
        if kind == .ragged { random.shuffle(&counts) }
        return counts
    }

    /// Every expert in turn, in an order that each step draws anew.
    private func dealt(_ tokens: Int, _ random: inout RandomNumbers) -> [UInt16] {
        var order = (0..<experts).map { UInt16($0) }
        random.shuffle(&order)
        return (0..<tokens * topK).map { order[$0 % experts] }
    }

    private func drawn(_ tokens: Int, _ heat: ExpertHeat, _ random: inout RandomNumbers) -> [UInt16] {
        var chosen: [UInt16] = []
        chosen.reserveCapacity(tokens * topK)
        for _ in 0..<tokens { heat.draw(topK, with: &random, into: &chosen) }
        return chosen
    }

    private func heat(inStep index: Int) -> ExpertHeat {
        let ofHotSet = max(topK, (experts + 7) / 8)
        switch kind {
        case .balanced, .ragged: return ExpertHeat(experts: experts, among: row(experts, from: 0))
        case .hotExpert: return ExpertHeat(experts: experts, hot: [hotBlock.lowerBound], sixteenths: 15)
        case .hotSet: return ExpertHeat(experts: experts, hot: row(ofHotSet, from: hotBlock.lowerBound), sixteenths: 13)
        case .hotRank: return ExpertHeat(experts: experts, hot: Array(hotBlock), sixteenths: 13)
        case .spreadSet:
            let count = min(ofHotSet, experts)
            let spread = (0..<count).map { (hotBlock.lowerBound + $0 * experts / count) % experts }
            return ExpertHeat(experts: experts, hot: spread, sixteenths: 13)
        case .emptyExperts:
            return ExpertHeat(experts: experts, among: row(max(topK, (experts + 1) / 2), from: 0))
        case .rotating:
            let first = (hotBlock.lowerBound + index % experts * ofHotSet) % experts
            return ExpertHeat(experts: experts, hot: row(ofHotSet, from: first), sixteenths: 13)
        case .burst:
            var ofText = numbers(.text(index / Self.stepsPerBurst))
            _ = ofText.next()  // says which step is the burst
            let block = blocks.block(of: ofText.number(below: experts))
            return ExpertHeat(experts: experts, hot: row(ofHotSet, from: block.lowerBound), sixteenths: 3)
        }
    }

    /// The rank that is hot, or begins with what is.
    private var hotBlock: Range<Int> {
        var random = numbers(.workload)
        return blocks.block(of: random.number(below: experts))
    }

    private func row(_ count: Int, from first: Int) -> [Int] {
        (0..<min(count, experts)).map { (first + $0) % experts }
    }

    /// What a stream of random numbers is for.
    private enum Purpose {
        case workload
        case step(Int)
        /// What the steps around a burst have in common.
        case text(Int)
    }

    private func numbers(_ purpose: Purpose) -> RandomNumbers {
        let number: UInt64 =
            switch purpose {
            case .workload: 0
            case .step(let index): 1 << 32 | UInt64(index)
            case .text(let index): 2 << 32 | UInt64(index)
            }
        return RandomNumbers(seed: seed, stream: number)
    }
}
