#if canImport(Glibc)
    import Glibc
#endif

/// The visits of some tokens to a layer, next to each other.
struct SampledVisits {
    private(set) var experts: [UInt16] = []
    /// One more than there are tokens.
    private(set) var starts: [Int32] = [0]
    let expertCount: Int

    init(_ tokens: [Int], of routes: RoutingTable.Routes, experts count: Int) {
        expertCount = count
        for token in tokens {
            experts += routes.experts(of: token)
            starts.append(Int32(experts.count))
        }
    }

    func visits(of token: Int32) -> Range<Int> { Int(starts[Int(token)])..<Int(starts[Int(token) + 1]) }
}

/// Tokens with a label each, those with the same one together.
struct LabeledTokens {
    private var labels: [Int32] = []
    /// One more than there are labels.
    private var starts = [0]
    /// The tokens as they are, and shuffled.
    private var orders: [[Int32]]
    private let logarithms = CountLogarithms()
    /// All of them in order, in blocks; nil for few.
    private let resampling: BlockResampling?
    private let blocks: EvenBlocks

    /// - Parameter labels: of every token; without one where it is negative.
    init(labels all: [Int32]) {
        resampling = BlockResampling(tokens: all.count)
        blocks = EvenBlocks(things: all.count, count: resampling?.blocks ?? 1)
        let tokens = (0..<Int32(all.count)).filter { all[Int($0)] >= 0 }
            .sorted { (all[Int($0)], $0) < (all[Int($1)], $1) }
        for (place, token) in tokens.enumerated() where all[Int(token)] != labels.last {
            labels.append(all[Int(token)])
            if place > 0 { starts.append(place) }
        }
        if !tokens.isEmpty { starts.append(tokens.count) }
        var random = SeededRandom(seed: 8)
        orders = [tokens]
        for _ in 0..<20 { orders.append(orders[orders.count - 1].shuffled(using: &random)) }
    }

    /// Of expert and label, over visits.
    func information(in visits: SampledVisits) -> Information {
        let load = load(in: visits)
        let count = load.reduce(0, +)
        guard count > 0 else { return Information(0, labelEntropy: 0, shuffled: []) }
        let ofAll = logarithms(count)
        let ofExperts = logarithms.sum(load)
        let sums = orders.map { self.sums(of: $0, in: visits) }
        let information = sums.map { ($0.pairs - $0.labels - ofExperts + ofAll) / Double(count) }
        let labelEntropy = (ofAll - sums[0].labels) / Double(count)
        var result = Information(
            information[0], labelEntropy: labelEntropy, shuffled: Array(information.dropFirst()))
        result.interval = interval(
            around: result.mutualInformation, in: visits, load: load, labelEntropy: labelEntropy)
        return result
    }

    /// Information is the mean of the visits' pointwise information.
    private func interval(
        around value: Double, in visits: SampledVisits, load: [Int], labelEntropy: Double
    ) -> Interval? {
        guard let resampling else { return nil }
        let ofAll = log(Double(load.reduce(0, +)))
        let ofExperts = load.map { log(Double($0)) }
        var information = BlockRatio(blocks: resampling.blocks)
        forEachLabel(in: visits) { _, tokens, ofLabel in
            let beyondLabel = ofAll - log(Double(ofLabel.total))
            for token in tokens {
                var sum = 0.0
                for visit in visits.visits(of: token) {
                    let expert = Int(visits.experts[visit])
                    let together = ofLabel[expert] == 1 ? 0 : log(Double(ofLabel[expert]))
                    sum += together + beyondLabel - ofExperts[expert]
                }
                information.add(sum, of: Double(visits.visits(of: token).count), to: blocks.block(of: Int(token)))
            }
        }
        return resampling.interval(of: information, around: value, within: 0...max(labelEntropy, 0))
    }

    /// Visits of every expert by tokens that have a label.
    private func load(in visits: SampledVisits) -> [Int] {
        var load = [Int](repeating: 0, count: visits.expertCount)
        for token in orders[0] { for visit in visits.visits(of: token) { load[Int(visits.experts[visit])] += 1 } }
        return load
    }

    /// Σ n ln n over pairs of label and expert, and over labels.
    private func sums(of tokens: [Int32], in visits: SampledVisits) -> (pairs: Double, labels: Double) {
        var (pairs, ofLabels) = (0.0, 0.0)
        var load = [Int32](repeating: 0, count: visits.expertCount)
        var counts = load.mutableSpan
        let (tokens, experts, starts) = (tokens.span, visits.experts.span, visits.starts.span)
        for label in labels.indices {
            let group = self.starts[label]..<self.starts[label + 1]
            var count = 0
            for place in group {
                let visited = Int(starts[Int(tokens[place])])..<Int(starts[Int(tokens[place]) + 1])
                count += visited.count
                if group.count > 1 { for visit in visited { counts[Int(experts[visit])] += 1 } }
            }
            ofLabels += logarithms(count)
            // A token visits an expert once at most, and 1 ln 1 is 0.
            guard group.count > 1 else { continue }
            for place in group {
                for visit in Int(starts[Int(tokens[place])])..<Int(starts[Int(tokens[place]) + 1]) {
                    pairs += logarithms(Int(counts[Int(experts[visit])]))
                    counts[Int(experts[visit])] = 0
                }
            }
        }
        return (pairs, ofLabels)
    }

    /// The mean over tokens of the greatest share of its label's visits that one expert has, and its interval, the
    /// experts being given.
    func greatestShare(in visits: SampledVisits) -> (value: Double, interval: Interval?) {
        var mean = BlockRatio(blocks: resampling?.blocks ?? 1)
        forEachLabel(in: visits) { _, tokens, ofLabel in
            guard let favorite = ofLabel.favorite else { return }
            let tokens = tokens.filter { !visits.visits(of: $0).isEmpty }
            let weight = Double(tokens.count) / Double(ofLabel.total)
            for token in tokens {
                let isThere = visits.visits(of: token).contains { Int(visits.experts[$0]) == favorite }
                mean.add(isThere ? weight : 0, of: 1, to: blocks.block(of: Int(token)))
            }
        }
        return (mean.wholes.contains { $0 > 0 } ? mean.value : 0, resampling?.interval(of: mean))
    }

    /// For each expert the labels, up to 8, of the greatest lift among those that visit it three times at least. Counts and
    /// what they would be by chance have 5 added, so that a rare label needs more than luck.
    func favorites(in visits: SampledVisits) -> [[Int]] {
        let total = load(in: visits)
        let count = Double(total.reduce(0, +))
        var best = [[(label: Int, lift: Double)]](repeating: [], count: total.count)
        forEachLabel(in: visits) { label, _, ofLabel in
            let share = Double(ofLabel.total) / count
            for expert in ofLabel.experts where ofLabel[expert] >= 3 {
                let lift = (Double(ofLabel[expert]) + 5) / (Double(total[expert]) * share + 5)
                if lift > 1 { best[expert].append((label, lift)) }
            }
        }
        return best.map { candidates in
            candidates.sorted { ($1.lift, $0.label) < ($0.lift, $1.label) }.prefix(8).map(\.label)
        }
    }

    /// - Parameter body: takes a label, its tokens, and their visits.
    private func forEachLabel(in visits: SampledVisits, _ body: (Int, ArraySlice<Int32>, LabelLoad) -> Void) {
        var load = LabelLoad(experts: visits.expertCount)
        for label in labels.indices {
            let tokens = orders[0][starts[label]..<starts[label + 1]]
            for token in tokens {
                for visit in visits.visits(of: token) { load.add(Int(visits.experts[visit])) }
            }
            body(Int(labels[label]), tokens, load)
            load.removeAll()
        }
    }
}

/// The visits of one label's tokens.
private struct LabelLoad {
    private var visits: [Int]
    /// Those that have any.
    private(set) var experts: [Int] = []
    private(set) var total = 0

    init(experts: Int) { visits = [Int](repeating: 0, count: experts) }

    subscript(expert: Int) -> Int { visits[expert] }

    /// The one with the most visits, of equal ones the first that was visited.
    var favorite: Int? { experts.max { visits[$0] < visits[$1] } }

    mutating func add(_ expert: Int) {
        if visits[expert] == 0 { experts.append(expert) }
        visits[expert] += 1
        total += 1
    }

    mutating func removeAll() {
        for expert in experts { visits[expert] = 0 }
        experts.removeAll(keepingCapacity: true)
        total = 0
    }
}
