/// A report as one file that a browser shows without network and scripts; two reports beside each other where there is
/// another to hold it against.
package struct ReportPage: Sendable {
    let report: RoutingReport
    let other: RoutingReport?

    package init(_ report: RoutingReport, against other: RoutingReport? = nil) {
        self.report = report
        self.other = other
    }

    package var html: String {
        var page = HTMLPage(title: title, body: opening)
        page.sections = [
            load, layers, drops, gate, coActivation, domains, vocabulary, transitions, cache, drift, learning, glossary,
        ].compactMap { $0 }
        return page.text
    }

    /// Both reports, or the one.
    var reports: [RoutingReport] { [report] + (other.map { [$0] } ?? []) }

    /// What to call the two: their models, or which is which where those are the same.
    var names: [String] {
        let models = reports.map { $0.source.model.isEmpty ? "unnamed" : $0.source.model.clipped(40) }
        return models.count == 2 && models[0] == models[1] ? ["this run", "the other run"] : models
    }

    /// What a series is called: with its run where there are two.
    func named(_ series: String, _ run: Int) -> String { other == nil ? series : "\(series), \(names[run])" }

    /// A chart with its map; the maps of two runs stand beside each other.
    func row(_ chart: String, _ maps: [String]) -> String {
        other == nil ? Figure.row([chart] + maps) : Figure.row([chart]) + Figure.row(maps)
    }

    private var title: String {
        let model = report.source.model.isEmpty ? "an unnamed model" : report.source.model.clipped(80)
        guard other != nil else { return "Routing of \(model)" }
        return names[0] == "this run" ? "Routing of \(model), two runs" : "Routing of \(names[0]) against \(names[1])"
    }

    private var opening: [String] {
        [
            "<p class=\"verdict\">\(report.verdict.escapedForHTML)</p>",
            "<p class=\"about\">\(about(report).escapedForHTML)</p>",
        ]
            + (other.map { ["<p class=\"about\">\("Held against \(names[1]): \(about($0))".escapedForHTML)</p>"] } ?? [])
            + [remarks, findings, keyFigures]
    }

    private func about(_ report: RoutingReport) -> String {
        let source = report.source
        let files = source.files.isEmpty ? "" : " from " + Self.list(source.files.map { $0.clipped(60) }, atMost: 3)
        let phases =
            source.decodeTokens > 0 && source.promptTokens > 0
            ? " (\(source.promptTokens.grouped) read, \(source.decodeTokens.grouped) written)" : ""
        return """
            \(source.kind.clipped(80).capitalizedFirst)\(files): \(source.tokens.counted("token"))\(phases) of \
            \(source.texts.counted("text")) through \(source.layers.counted("layer")) of \
            \(source.experts.counted("expert")), \(source.topK.grouped) for each token.
            """
    }

    private var remarks: String {
        let remarks = zip(names, reports).flatMap { name, report in
            report.source.remarks.map { other == nil ? $0 : "\(name): \($0)" }
        }
        guard !remarks.isEmpty else { return "" }
        let items = remarks.prefix(12).map { "<li>\($0.clipped(400).escapedForHTML)</li>" }
        return "<ul class=\"about\">\(items.joined())</ul>"
    }

    static func list(_ things: [String], atMost count: Int) -> String {
        let shown = things.prefix(count).joined(separator: ", ")
        return things.count > count ? "\(shown) and \(things.count - count) more" : shown
    }
}

extension RoutingReport {
    /// How even the load is, in one sentence without a judgment.
    var verdict: String {
        let collapsed = layers.filter(\.isCollapsed)
        if !collapsed.isEmpty {
            let names = ReportPage.list(collapsed.map { $0.layer.clipped(24) }, atMost: 4)
            return collapsed.count == layers.count
                ? "Collapsed: in every layer most experts are left out of the work."
                : "\(collapsed.count) of \(layers.count) layers collapsed onto few experts: \(names)."
        }
        guard let worst = worstLayer else { return "The trace has no layer with experts." }
        guard layers.count > 1 else {
            return "The busiest expert does \(worst.maxOverMean.brief) times its fair share of the work"
                + "\(worst.intervals.maxOverMean.note())."
        }
        let median = layers.map(\.maxOverMean).sorted().quantile(0.5)
        let certainty = acrossLayers?.maxOverMean.intervals?.p50
        return """
            In the median layer the busiest expert does \(median.brief) times its fair share of the work\
            \(certainty.note()); in the worst, layer \(worst.layer.clipped(24)), it does \(worst.maxOverMean.brief) times \
            its share\(worst.intervals.maxOverMean.note()).
            """
    }

    var worstLayer: LayerReport? { layers.max { $0.maxOverMean < $1.maxOverMean } }

    /// Names of layers short enough for an axis.
    var layerLabels: [String] { Self.labels(layers.map(\.layer)) }

    /// The names without what all have in common; numbers from 1 on where they are too long all the same.
    static func labels(_ names: [String]) -> [String] {
        if names.allSatisfy({ $0.count <= 4 }) { return names }
        var common = names.first ?? ""
        for name in names { common = String(zip(common, name).prefix { $0 == $1 }.map(\.0)) }
        while common.last?.isNumber ?? false { common.removeLast() }
        let short = names.map { String($0.dropFirst(common.count)) }
        if short.allSatisfy({ (1...4).contains($0.count) }) { return short }
        return names.indices.map { "\($0 + 1)" }
    }
}

extension LayerReport {
    /// The load of every expert over the mean; all idle where nobody visited any.
    var loadOverMean: [Double] {
        let total = load.reduce(0.0) { $0 + Double($1) }
        return load.map { total > 0 ? Double($0) / total * Double(load.count) : 0 }
    }

    /// Where they lie with 95 % confidence.
    var loadOverMeanIntervals: [Interval?] {
        let total = load.reduce(0.0) { $0 + Double($1) }
        return total > 0 ? (intervals.load ?? []).map { $0.scaled(by: Double(load.count) / total) } : []
    }
}
