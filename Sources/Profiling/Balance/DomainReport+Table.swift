extension DomainReport {
    /// Domains that are told apart: of more, those with the most tokens.
    package static let mostDomains = 64
    /// Loads of all layers: of more, fewer domains are told apart, two at least.
    private static let mostLoads = 1 << 22

    /// Nil for fewer than two domains. Tokens of texts without one are left out.
    ///
    /// Labels are shuffled 199 times: those of whole texts, since the tokens of a text are alike whatever its domain; where
    /// there are too few texts for that, those of segments of up to 32 tokens that follow each other in a text. Of very
    /// many a part drawn by chance tells the information; loads are always whole.
    package init?(_ table: RoutingTable) {
        let all = table.domains
        guard all.count > 1 else { return nil }
        var domains = table.domainOfToken
        var counts = [Int](repeating: 0, count: all.count)
        for domain in domains where domain >= 0 { counts[domain] += 1 }
        let most = max(min(Self.mostDomains, Self.mostLoads / max(table.layers.count * table.experts, 1)), 2)
        let kept = counts.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }.prefix(most).sorted()
        if kept.count < all.count {
            var places = [Int](repeating: -1, count: all.count)
            for (place, domain) in kept.enumerated() { places[domain] = place }
            domains = domains.map { $0 < 0 ? -1 : places[$0] }
        }
        let names = kept.map { all[$0] }
        let units = LabeledUnits(table, domains: domains)
        self.names = names
        shuffled = units.kind
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
                information: units.information(in: routes, experts: table.experts, logarithms: logarithms))
        }
    }
}
