extension DomainReport {
    /// Domains that are told apart: of more, those with the most tokens.
    package static let mostDomains = 64

    /// Nil for fewer than two domains. Tokens of texts without one are left out.
    ///
    /// Labels are shuffled 199 times, for segments of up to 32 tokens that follow each other in a text. Where there are more
    /// than 130,000 visits in a layer, information is that of as many, in segments drawn by chance; loads are always whole.
    package init?(_ table: RoutingTable) {
        let all = table.domains
        guard all.count > 1 else { return nil }
        var domains = table.domainOfToken
        var counts = [Int](repeating: 0, count: all.count)
        for domain in domains where domain >= 0 { counts[domain] += 1 }
        let kept = counts.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }.prefix(Self.mostDomains).sorted()
        if kept.count < all.count {
            var places = [Int](repeating: -1, count: all.count)
            for (place, domain) in kept.enumerated() { places[domain] = place }
            domains = domains.map { $0 < 0 ? -1 : places[$0] }
        }
        let names = kept.map { all[$0] }
        let segments = Segments(table, domains: domains)
        self.names = names
        tokens = kept.map { counts[$0] }
        let logarithms = CountLogarithms()
        layers = table.layers.indices.map { layer in
            let routes = table.routes[layer]
            var load = [[Int]](repeating: [Int](repeating: 0, count: table.experts), count: names.count)
            for (token, domain) in domains.enumerated() where domain >= 0 {
                for expert in routes.experts(of: token) { load[domain][Int(expert)] += 1 }
            }
            return Layer(
                layer: table.layers[layer].name, load: load,
                information: segments.information(in: routes, experts: table.experts, logarithms: logarithms))
        }
    }
}

/// Runs of tokens of one text, which share its domain.
private struct Segments {
    static let mostTokens = 32
    static let mostVisits = 1 << 17
    static let shuffles = 199

    private let blocks: TokenBlocks
    private let domains: [Int]

    init(_ table: RoutingTable, domains: [Int]) {
        var (segmentOfToken, domainOfSegment) = Self.segments(of: table, domains: domains)
        let perToken = max(table.visitCount / max(table.tokenCount * table.layers.count, 1), 1)
        let kept = Self.mostVisits / perToken
        if segmentOfToken.count > kept, domainOfSegment.count > 1 {
            let share = Double(kept) / Double(segmentOfToken.count)
            var random = SeededRandom(seed: 4)
            var renumbered: [Int32] = []
            var next: Int32 = 0
            for _ in domainOfSegment {
                let isKept = Double.random(in: 0..<1, using: &random) < share
                renumbered.append(isKept ? next : -1)
                if isKept { next += 1 }
            }
            for token in segmentOfToken.indices where segmentOfToken[token] >= 0 {
                segmentOfToken[token] = renumbered[Int(segmentOfToken[token])]
            }
            domainOfSegment = zip(domainOfSegment, renumbered).filter { $1 >= 0 }.map(\.0)
        }
        blocks = TokenBlocks(blockOfToken: segmentOfToken, count: domainOfSegment.count)
        self.domains = domainOfSegment
    }

    /// Texts may take turns, so each counts its own tokens.
    private static func segments(of table: RoutingTable, domains: [Int]) -> ([Int32], [Int]) {
        var segmentOfToken = [Int32](repeating: -1, count: table.tokenCount)
        var domainOfSegment: [Int] = []
        var open = [(segment: Int, tokens: Int)](repeating: (0, mostTokens), count: table.texts.count)
        for pass in table.passes {
            for token in pass.tokens where domains[token] >= 0 {
                if open[pass.text].tokens == mostTokens {
                    open[pass.text] = (domainOfSegment.count, 0)
                    domainOfSegment.append(domains[token])
                }
                segmentOfToken[token] = Int32(open[pass.text].segment)
                open[pass.text].tokens += 1
            }
        }
        return (segmentOfToken, domainOfSegment)
    }

    func information(
        in routes: RoutingTable.Routes, experts: Int, logarithms: CountLogarithms
    ) -> Information {
        let loads = BlockLoads(blocks, routes: routes, experts: experts)
        let count = (domains.max() ?? 0) + 1
        var joint = [Int](repeating: 0, count: count * experts)
        for segment in 0..<loads.count { loads.add(segment, to: &joint) }
        let ofExperts = logarithms.sum(joint[..<experts])
        let visits = joint[..<experts].reduce(0, +)
        guard visits > 0 else { return Information(0, labelEntropy: 0, shuffled: []) }

        /// The information, and the entropy of the labels.
        func measure(_ labels: [Int]) -> (Double, Double) {
            for cell in joint.indices { joint[cell] = 0 }
            for segment in 0..<loads.count { loads.add(segment, to: &joint, row: labels[segment], of: experts) }
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
        result.interval = interval(of: JointCounts(joint, rows: count), loads: loads)
        return result
    }

    /// Information is the mean of the visits' pointwise information, whose blocks are whole segments.
    private func interval(of joint: JointCounts, loads: BlockLoads) -> Interval? {
        guard blocks.tokens.count >= BlockResampling.leastTokens, blocks.count >= 2 * BlockResampling.leastBlocks else {
            return nil
        }
        let resampling = BlockResampling(blocks: min(blocks.count, 100))
        var information = BlockRatio(blocks: resampling.blocks)
        for segment in 0..<blocks.count {
            let block = segment * resampling.blocks / blocks.count
            loads.forEach(segment) { expert, visits in
                let pointwise = joint.pointwiseInformation(domains[segment], expert)
                information.add(Double(visits) * pointwise, of: Double(visits), to: block)
            }
        }
        return resampling.interval(of: information, within: 0...Double.infinity)
    }
}
