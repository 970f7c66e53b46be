extension ReportPage {
    /// The same measures in all layers, as percentiles and one by one.
    var layers: HTMLPage.Section? {
        guard !report.layers.isEmpty else { return nil }
        var body: [String] = []
        if report.layers.count > 1 { body += [HTMLPage.paragraph(spread), percentiles] }
        let table = other == nil ? layerTable : comparedTable
        body.append(report.layers.count > 16 ? Figure.folded("All \(report.layers.count) layers", table) : table)
        body.append(Figure.folded("With 95 % confidence", reports.indices.map(certaintyTable).joined()))
        return HTMLPage.Section(id: "layers", title: "Balance across layers", body: body)
    }

    private var spread: String {
        guard let measures = report.acrossLayers else { return "How the measures of balance differ between layers." }
        let peaks = measures.maxOverMean
        return """
            Half of the layers have a max/mean below \(peaks.p50.brief)\((peaks.intervals?.p50).note()), nine in ten below \
            \(peaks.p90.brief)\((peaks.intervals?.p90).note()); the range is \(peaks.min.brief) to \(peaks.max.brief).
            """
    }

    private var percentiles: String {
        typealias Measure = (
            name: String, percentiles: (AcrossLayers) -> AcrossLayers.Percentiles, ceiling: (LayerReport) -> Double?
        )
        let measures: [Measure] = [
            ("max/mean", \.maxOverMean, \.maxOverMeanCeiling), ("coefficient of variation", \.cv, \.ceilings?.cv),
            ("Gini", \.gini, \.ceilings?.gini), ("normalized entropy", \.entropy, \.ceilings?.entropy),
            ("effective experts", \.effectiveExperts, \.ceilings?.effectiveExperts),
            ("idle experts", \.deadExperts, \.ceilings?.deadExperts),
        ]
        let rows = measures.flatMap { measure, value, ceiling in
            zip(names, reports).compactMap { name, report -> [HTMLPage.Cell]? in
                guard let of = report.acrossLayers.map(value) else { return nil }
                let values = [
                    (of.min, of.intervals?.min), (of.p50, of.intervals?.p50), (of.p75, of.intervals?.p75),
                    (of.p90, of.intervals?.p90), (of.p95, of.intervals?.p95), (of.max, of.intervals?.max),
                ]
                let number: (Double) -> String = { measure == "idle experts" ? $0.count : $0.brief }
                return [.init(other == nil ? measure : "\(measure), \(name)")]
                    + values.map { .init($0, $1, number) }
                    + [.init(report.layers.compactMap(ceiling).max().map(number) ?? "–")]
            }
        }
        guard !rows.isEmpty else { return "" }
        return HTMLPage.table(
            caption: "Percentiles over the layers",
            head: ["measure", "least", "p50", "p75", "p90", "p95", "greatest", "at most"],
            cells: rows)
    }

    private var layerTable: String {
        HTMLPage.table(
            caption: "Every layer, in the order in which tokens pass them",
            head: [
                "layer", "visits", "max/mean", "by chance", "ceiling", "CV", "Gini", "entropy", "effective", "idle",
                "gate",
            ],
            rows: report.layers.map { layer in
                [
                    layer.layer + (layer.isCollapsed ? " (collapsed)" : ""), layer.visits.grouped,
                    layer.maxOverMean.brief, layer.chance.maxOverMean.brief, layer.maxOverMeanCeiling.brief,
                    layer.cv.fixed(3), layer.gini.fixed(3), layer.entropy.fixed(3), layer.effectiveExperts.fixed(1),
                    layer.deadExperts.grouped, layer.gate?.confidence.fixed(2) ?? "–",
                ]
            })
    }

    /// The measures of balance with their intervals; nothing where none has one.
    private func certaintyTable(_ run: Int) -> String {
        let cells = reports[run].layers.map { layer -> [HTMLPage.Cell] in
            let of = layer.intervals
            return [
                .init(layer.layer), .init(layer.maxOverMean, of.maxOverMean),
                .init(layer.maxViolation, of.maxViolation), .init(layer.cv, of.cv) { $0.fixed(3) },
                .init(layer.gini, of.gini) { $0.fixed(3) }, .init(layer.entropy, of.entropy) { $0.fixed(3) },
                .init(layer.effectiveExperts, of.effectiveExperts) { $0.fixed(1) },
                .init(Double(layer.deadExperts), of.deadExperts, \.count),
            ]
        }
        guard cells.joined().contains(where: { !$0.note.isEmpty }) else { return "" }
        return HTMLPage.table(
            caption: named("Every layer", run),
            head: ["layer", "max/mean", "MaxVio", "CV", "Gini", "entropy", "effective", "idle"], cells: cells)
    }

    /// Layers of the same place beside each other.
    private var comparedTable: String {
        let layers = reports.map(\.layers)
        let count = layers.map(\.count).max() ?? 0
        let measures: [(name: String, value: (LayerReport) -> Double)] = [
            ("max/mean", \.maxOverMean), ("CV", \.cv), ("Gini", \.gini), ("entropy", \.entropy),
            ("effective", \.effectiveExperts), ("idle", { Double($0.deadExperts) }),
        ]
        let rows = (0..<count).map { place in
            let pair = layers.map { place < $0.count ? $0[place] : nil }
            let same = pair[0]?.layer == pair[1]?.layer
            let name = same ? pair[0]?.layer ?? "" : pair.map { $0?.layer ?? "–" }.joined(separator: " / ")
            return [name]
                + measures.flatMap { measure in
                    let values = pair.map { $0.map(measure.value) ?? .nan }
                    return [values[0].brief, values[1].brief, (values[0] - values[1]).change(\.brief)]
                }
        }
        return HTMLPage.table(
            caption: "Every layer of A, \(names[0]), and of B, \(names[1]), and A less B",
            head: ["layer"] + measures.flatMap { ["\($0.name) A", "B", "A − B"] }, rows: rows)
    }
}

extension Double {
    /// A number of things, or one between two such.
    fileprivate var count: String { fixed(self == rounded() ? 0 : 1) }
}
