#if canImport(Glibc)
    import Glibc
#endif

/// Tokens that share a domain and whose labels are shuffled together: whole texts, or runs of tokens of one text.
struct LabeledUnits {
    static let mostTokens = 32
    static let shuffles = 199
    /// Of few texts there are not enough ways to label them: seven in two domains of three and four have 35.
    static let leastLabelings = 1000.0
    /// Numbers of a layer that each shuffling adds up.
    static let mostEntries = 1 << 17

    let kind: DomainReport.Shuffled
    private let blocks: TokenBlocks
    private let domains: [Int]

    /// - Parameter domains: of every token; negative for none.
    init(_ table: RoutingTable, domains: [Int]) {
        let texts = Self.units(of: table, domains: domains, mostTokens: .max)
        let isEnough = Self.labelings(of: texts.domains) >= Self.leastLabelings
        kind = isEnough ? .texts : .segments
        let units = isEnough ? texts : Self.units(of: table, domains: domains, mostTokens: Self.mostTokens)
        let kept = Self.sample(units, of: table)
        blocks = TokenBlocks(blockOfToken: kept.unitOfToken, count: kept.domains.count)
        self.domains = kept.domains
    }

    private typealias Units = (unitOfToken: [Int32], domains: [Int])

    /// Texts may take turns, so each counts its own tokens.
    private static func units(of table: RoutingTable, domains: [Int], mostTokens: Int) -> Units {
        var unitOfToken = [Int32](repeating: -1, count: table.tokenCount)
        var domainOfUnit: [Int] = []
        var open = [(unit: Int, tokens: Int)](repeating: (-1, 0), count: table.texts.count)
        for pass in table.passes {
            for token in pass.tokens where domains[token] >= 0 {
                if open[pass.text].unit < 0 || open[pass.text].tokens == mostTokens {
                    open[pass.text] = (domainOfUnit.count, 0)
                    domainOfUnit.append(domains[token])
                }
                unitOfToken[token] = Int32(open[pass.text].unit)
                open[pass.text].tokens += 1
            }
        }
        return (unitOfToken, domainOfUnit)
    }

    /// In how many ways these labels can be given to as many units: n! / Π n(label)!
    private static func labelings(of labels: [Int]) -> Double {
        var counts = [Int](repeating: 0, count: (labels.max() ?? 0) + 1)
        for label in labels { counts[label] += 1 }
        return exp(counts.reduce(lgamma(Double(labels.count) + 1)) { $0 - lgamma(Double($1) + 1) })
    }

    private static func sample(_ units: Units, of table: RoutingTable) -> Units {
        let visits = table.visitCount / max(table.layers.count, 1)
        let entries = units.domains.count * min(table.experts, visits / max(units.domains.count, 1) + 1)
        guard entries > mostEntries else { return units }
        let share = Double(mostEntries) / Double(entries)
        var random = SeededRandom(seed: 4)
        let isKept = units.domains.map { _ in Double.random(in: 0..<1, using: &random) < share }
        var renumbered: [Int32] = []
        var next: Int32 = 0
        for isKept in isKept {
            renumbered.append(isKept ? next : -1)
            if isKept { next += 1 }
        }
        return (
            units.unitOfToken.map { $0 < 0 ? -1 : renumbered[Int($0)] },
            zip(units.domains, isKept).filter(\.1).map(\.0)
        )
    }

    func information(
        in routes: RoutingTable.Routes, experts: Int, logarithms: CountLogarithms
    ) -> Information {
        let loads = BlockLoads(blocks, routes: routes, experts: experts)
        let count = (domains.max() ?? 0) + 1
        var joint = [Int](repeating: 0, count: count * experts)
        for unit in 0..<loads.count { loads.add(unit, to: &joint) }
        let ofExperts = logarithms.sum(joint[..<experts])
        let visits = joint[..<experts].reduce(0, +)
        guard visits > 0 else { return Information(0, labelEntropy: 0, shuffled: []) }

        /// The information, and the entropy of the labels.
        func measure(_ labels: [Int]) -> (Double, Double) {
            for cell in joint.indices { joint[cell] = 0 }
            for unit in 0..<loads.count { loads.add(unit, to: &joint, row: labels[unit], of: experts) }
            let ofLabels = (0..<count).map { logarithms(joint[$0 * experts..<($0 + 1) * experts].reduce(0, +)) }
            let entropy = logarithms(visits) - ofLabels.reduce(0, +)
            let information = logarithms.sum(joint) - ofExperts + entropy
            return (information / Double(visits), entropy / Double(visits))
        }
        let (measured, entropy) = measure(domains)
        var random = SeededRandom(seed: 5)
        var labels = domains
        let shuffled = (0..<Self.shuffles).map { _ in
            labels.shuffle(using: &random)
            return measure(labels).0
        }
        var result = Information(measured, labelEntropy: entropy, shuffled: shuffled)
        _ = measure(domains)
        result.interval = interval(
            around: result.mutualInformation, of: JointCounts(joint, rows: count), loads: loads, labelEntropy: entropy)
        return result
    }

    /// Information is the mean of the visits' pointwise information, and its blocks are whole units.
    private func interval(around value: Double, of joint: JointCounts, loads: BlockLoads, labelEntropy: Double)
        -> Interval?
    {
        guard blocks.tokens.count >= BlockResampling.leastTokens, blocks.count >= 2 * BlockResampling.leastBlocks else {
            return nil
        }
        let resampling = BlockResampling(blocks: min(blocks.count, 100))
        var information = BlockRatio(blocks: resampling.blocks)
        for unit in 0..<blocks.count {
            let block = unit * resampling.blocks / blocks.count
            loads.forEach(unit) { expert, visits in
                let pointwise = joint.pointwiseInformation(domains[unit], expert)
                information.add(Double(visits) * pointwise, of: Double(visits), to: block)
            }
        }
        return resampling.interval(of: information, around: value, within: 0...max(labelEntropy, 0))
    }
}
