extension ReportPage {
    /// The first three as cards, the rest folded; those of the other report after them.
    var findings: String {
        guard !report.findings.isEmpty else { return "" }
        let cards = report.findings.prefix(3).map { Self.card($0, heading: "h3") }
        let rest = report.findings.dropFirst(3).map { Self.card($0, heading: "h3") }
        let others = (other?.findings ?? []).prefix(6).map { Self.card($0, heading: "h3") }
        return """
            <h2 class="findings" id="findings">What matters most</h2>
            <ul class="cards">\(cards.joined())</ul>
            \(Self.foldedCards("\(rest.count) more", rest))
            \(Self.foldedCards("What was found in \(names.last ?? "")", others))
            """
    }

    private static func foldedCards(_ summary: String, _ cards: [String]) -> String {
        guard !cards.isEmpty else { return "" }
        return """
            <details class="words"><summary>\(summary.escapedForHTML)</summary>
            <ul class="cards">\(cards.joined())</ul></details>
            """
    }

    private static func card(_ finding: Finding, heading: String) -> String {
        let severity =
            switch finding.severity {
            case .alarm: "Needs attention"
            case .notice: "Worth knowing"
            case .fine: "In order"
            }
        return """
            <li class="\(finding.severity.rawValue)"><p class="severity">\(severity)</p>\
            <\(heading)>\(finding.headline.clipped(300).escapedForHTML)</\(heading)>\
            <p>\(finding.detail.clipped(800).escapedForHTML)</p></li>
            """
    }

    // MARK: Key figures

    /// A number that tells of the whole, with what it is to be held against.
    private struct KeyFigure {
        var name: String
        var note: String = ""
        /// Nil where a report does not have it.
        var value: (RoutingReport) -> Double?
        var interval: (RoutingReport) -> Interval? = { _ in nil }
        var text: (Double) -> String = { $0.brief }
    }

    var keyFigures: String {
        let tiles = figures.compactMap { figure -> String? in
            guard let value = figure.value(report), value.isFinite else { return nil }
            let otherValue = other.flatMap { figure.value($0) }
            let difference = otherValue.map { before in
                """
                <dd class="note">against \(figure.text(before)): \((value - before).change(figure.text))</dd>
                """
            }
            let certainty = figure.interval(report).flatMap { interval in
                figure.text(interval.low) == figure.text(interval.high)
                    ? nil : "<dd class=\"note\">95 %: \(interval.text(figure.text))</dd>"
            }
            let note = figure.note.isEmpty ? "" : "<dd class=\"note\">\(figure.note.escapedForHTML)</dd>"
            return """
                <div><dt>\(figure.name.escapedForHTML)</dt><dd class="value">\(figure.text(value))</dd>\
                \(certainty ?? "")\(difference ?? "")\(note)</div>
                """
        }
        return """
            <h2 class="findings" id="figures">In numbers</h2>
            <dl class="key">\(tiles.joined(separator: "\n"))</dl>
            """
    }

    private var figures: [KeyFigure] {
        let count: (Double) -> String = { $0.fixed(0) }
        let shape = "\(report.source.layers) × \(report.source.experts.grouped), top \(report.source.topK)"
        let chance = report.layers.map(\.chance.maxOverMean).mean
        let ceiling = report.layers.map(\.maxOverMeanCeiling).max() ?? .nan
        return [
            KeyFigure(name: "tokens", value: { Double($0.source.tokens) }, text: count),
            KeyFigure(
                name: "experts in all layers", note: shape,
                value: { Double($0.layers.reduce(0) { $0 + $1.load.count }) }, text: count),
            KeyFigure(
                name: "busiest expert over its fair share",
                note: "median layer; \(chance.brief) by chance, at most \(ceiling.brief)",
                value: { $0.layers.map(\.maxOverMean).sorted().quantile(0.5) },
                interval: { $0.acrossLayers?.maxOverMean.intervals?.p50 }),
            KeyFigure(
                name: "the same in the worst layer",
                note: report.worstLayer.map { "layer \($0.layer.clipped(24))" } ?? "",
                value: { $0.worstLayer?.maxOverMean }, interval: { $0.worstLayer?.intervals.maxOverMean }),
            KeyFigure(
                name: "effective experts", note: "mean of the layers, of \(report.source.experts.grouped)",
                value: { $0.layers.map(\.effectiveExperts).mean },
                interval: { $0.layers.map(\.intervals.effectiveExperts).mean }, text: { $0.fixed(1) }),
            KeyFigure(
                name: "idle experts", note: "in all layers",
                value: { Double($0.layers.reduce(0) { $0 + $1.deadExperts }) },
                interval: { report in
                    report.layers.map(\.intervals.deadExperts).mean?.scaled(by: Double(report.layers.count))
                }, text: count),
            KeyFigure(
                name: "gate confidence", note: "mean of the layers",
                value: { report in report.layers.compactMap(\.gate?.confidence).nonEmpty?.mean },
                interval: { report in report.layers.compactMap(\.gate).map { $0.intervals?.confidence }.mean }),
            KeyFigure(
                name: "cache hits with a quarter of the experts",
                note: "least recently used; 25\u{202F}% if none were hot",
                value: { $0.cache?.hitRate(atShare: 0.25)?.rate },
                interval: { $0.cache?.hitRate(atShare: 0.25)?.interval }, text: { $0.percent }),
            KeyFigure(
                name: "of a token's domain known by its expert", note: "in the most specialized layer",
                value: { $0.domains?.layers.map(\.information.normalized).max() },
                interval: { report in
                    let all = report.domains?.layers.map(\.information)
                    return all?.max { $0.normalized < $1.normalized }?.normalizedInterval
                }, text: { $0.percent }),
            KeyFigure(
                name: "guessed from the layer before", note: "mean share of the next layer's visits",
                value: { $0.transitions.map(\.recall).nonEmpty?.mean },
                interval: { report in report.transitions.map { $0.intervals?.recall }.mean }, text: { $0.percent }),
        ]
    }
}

extension Array {
    var nonEmpty: [Element]? { isEmpty ? nil : self }
}

extension CacheReport {
    /// The hit rate of the least recently used at a share of the experts, between neighbors by proportion.
    func hitRate(atShare share: Double) -> (rate: Double, interval: Interval?)? {
        guard let above = points.first(where: { $0.share >= share - 1e-9 }) else { return nil }
        let below = points.last { $0.share < above.share && $0.share <= share }
        guard let below else { return (above.lru, above.intervals?.lru) }
        let part = (share - below.share) / (above.share - below.share)
        func between(_ first: Double, _ second: Double) -> Double { first + (second - first) * part }
        var interval: Interval?
        if let first = below.intervals?.lru, let second = above.intervals?.lru {
            interval = Interval(low: between(first.low, second.low), high: between(first.high, second.high))
        }
        return (between(below.lru, above.lru), interval)
    }
}
