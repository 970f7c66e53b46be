import Profiling

extension RoutingTable {
    /// Routes written out: `routes[layer][token]` are the experts of a token, the preferred one first.
    static func sample(
        experts: Int, topK: Int, routes: [[[Int]]], ids: [Int]? = nil, phase: RoutingTraceEntry.Phase = .decode,
        weights: [[[Float]]]? = nil
    ) -> RoutingTable {
        var builder = RoutingTableBuilder(model: "sample", experts: experts, topK: topK)
        let count = routes.first?.count ?? 0
        builder.beginText()
        if phase == .prompt { builder.beginPass(.prompt, position: 0, ids: (ids ?? Array(0..<count)).map(Int32.init)) }
        for token in 0..<count {
            if phase == .decode {
                builder.beginPass(.decode, position: token, ids: [Int32(ids?[token] ?? token)])
            }
            for layer in routes.indices {
                let index = builder.layer(named: "\(layer)")
                precondition(
                    builder.append(
                        token, layer: index, experts: routes[layer][token], weights: weights?[layer][token] ?? []),
                    "token \(token) of layer \(layer)")
            }
        }
        return builder.finish()
    }

    /// Random routes. Expert e is drawn with a weight of `skew` to the power of e, so 1 is even and less favors the first.
    ///
    /// Texts take turns in having one of the domains; tokens of domain d count their experts from d × `shift` on.
    static func random(
        experts: Int, topK: Int, layers: Int, texts: Int, tokensPerText: Int, skew: Double = 1, domains: [String] = [],
        shift: Int = 0, seed: UInt64 = 1
    ) -> RoutingTable {
        var random = SeededRandom(seed: seed)
        var builder = RoutingTableBuilder(model: "random", experts: experts, topK: topK)
        var weights = [1.0]
        while weights.count < experts { weights.append(weights[weights.count - 1] * skew) }
        for text in 0..<texts {
            let domain = domains.isEmpty ? nil : text % domains.count
            builder.beginText(Text(name: "text \(text)", domain: domain.map { domains[$0] }))
            let first = builder.tokenCount
            builder.beginPass(
                .prompt, position: 0, ids: (0..<tokensPerText).map { _ in Int32.random(in: 0..<50, using: &random) })
            for layer in 0..<layers {
                let index = builder.layer(named: "\(layer)")
                for token in first..<first + tokensPerText {
                    let chosen = draw(topK, by: weights, using: &random).map { ($0 + (domain ?? 0) * shift) % experts }
                    precondition(builder.append(token, layer: index, experts: chosen), "token \(token)")
                }
            }
        }
        return builder.finish()
    }

    private static func draw(_ count: Int, by weights: [Double], using random: inout SeededRandom) -> [Int] {
        var left = weights
        return (0..<count).map { _ in
            var rest = Double.random(in: 0..<left.reduce(0, +), using: &random)
            var choice = left.lastIndex { $0 > 0 } ?? 0
            for (expert, weight) in left.enumerated() where weight > 0 {
                rest -= weight
                if rest < 0 {
                    choice = expert
                    break
                }
            }
            left[choice] = 0
            return choice
        }
    }
}
