extension ReportPage {
    /// Who does how much: the map of all experts, and how the loads of a layer are spread.
    var load: HTMLPage.Section? {
        guard !report.layers.isEmpty else { return nil }
        var body = [loadMaps]
        let spreads = shown.map(distribution)
        let rest = [other == nil ? nil : bothPeaks, phases].compactMap { $0 }
        body += spreadsAreHalf ? [Figure.row(spreads + rest)] : spreads + [Figure.row(rest)]
        return HTMLPage.Section(id: "load", title: "Load of every expert", body: body)
    }

    /// Runs that have anything to show.
    private var shown: [Int] { reports.indices.filter { !reports[$0].layers.isEmpty } }

    // MARK: Map

    private var loadMaps: String {
        let byNumber = shown.map { loadFigure($0, isSorted: false) }
        guard report.layers.contains(where: { $0.load.count > 1 }) else { return byNumber.joined() }
        let byLoad = shown.map { loadFigure($0, isSorted: true) }
        return """
            <fieldset class="switch"><legend>Order of the experts</legend>
            <input type="radio" name="order" id="by-number" checked><label for="by-number">by number</label>
            <input type="radio" name="order" id="by-load"><label for="by-load">by load</label>
            <div class="first">\(shown.count == 1 ? byNumber[0] : Figure.row(byNumber))</div>
            <div class="second">\(shown.count == 1 ? byLoad[0] : Figure.row(byLoad))</div>
            </fieldset>
            """
    }

    private func loadFigure(_ run: Int, isSorted: Bool) -> String {
        let report = reports[run]
        let whole = loadMap(report)
        let map = (isSorted ? whole.sorted : whole).binned()
        let bins =
            map.columns.count < whole.columns.count ? " Neighboring experts share a column, which is their mean." : ""
        let idle = report.layers.contains { $0.deadExperts > 0 }
        return Figure(
            title: named(
                isSorted ? "The experts of every layer, the busiest first" : "Every expert of every layer", run),
            takeaway: isSorted ? report.inequality : report.unevenness,
            explanation: "Load over the fair share: 1 is even. At the right max/mean of the layer." + bins,
            drawing: map.drawing,
            legend: map.legend("less than its share", "more than its share", empty: idle ? "idle" : nil),
            table: isSorted ? "" : whole.table(named("Load over the fair share", run)), isHalf: other != nil
        ).html
    }

    private func loadMap(_ report: RoutingReport) -> HeatMap {
        let experts = report.layers.map(\.load.count).max() ?? 0
        return HeatMap(
            rows: report.layerLabels, columns: (0..<experts).map { "\($0)" },
            values: report.layers.map { layer in
                layer.loadOverMean + Array(repeating: .nan, count: experts - layer.load.count)
            },
            intervals: report.layers.map(\.loadOverMeanIntervals), notes: report.layers.map(\.maxOverMean.brief))
    }

    // MARK: Spread

    /// Many layers need the whole width.
    private var spreadsAreHalf: Bool { other != nil || report.layers.count <= 12 && phases != nil }

    private func distribution(_ run: Int) -> String {
        let report = reports[run]
        var chart = spreadChart(report)
        chart.top = shown.map { spreadChart(reports[$0]) }.map { max($0.greatest, $0.visibleCeiling ?? 0) }.max() ?? 0
        let ceiling = chart.ceiling.map { $0.brief } ?? "–"
        let limit = chart.visibleCeiling == nil ? "far above the picture" : "the upper dotted line"
        return Figure(
            title: named("How the loads of a layer are spread", run), takeaway: report.aboveChance,
            explanation: """
                From the least loaded expert to the busiest; half of the experts are in the box. The lower dotted line is the \
                fair share; the ceiling, \(ceiling), is \(limit).
                """,
            drawing: chart.drawing,
            legend: Self.spreadLegend(report),
            table: spreadTable(report, caption: named("Load over the fair share", run)), isHalf: spreadsAreHalf
        ).html
    }

    private static func spreadLegend(_ report: RoutingReport) -> String {
        let isCertain = report.layers.contains { $0.intervals.maxOverMean != nil }
        return Legend(
            entries: [(.box("quartiles"), "middle half"), (.line("median"), "median"), (.box("peak"), "busiest")]
                + (isCertain ? [(.box("interval"), "95 % confidence")] : [])
                + [(.line("chance"), "busiest by chance")]
        ).html
    }

    private func spreadChart(_ report: RoutingReport) -> RangeChart {
        RangeChart(
            names: report.layerLabels,
            ranges: report.layers.map {
                .init($0.loadOverMean, interval: $0.intervals.maxOverMean, chance: $0.chance.maxOverMean)
            }, ceiling: report.layers.map(\.maxOverMeanCeiling).max())
    }

    private func spreadTable(_ report: RoutingReport, caption: String) -> String {
        HTMLPage.table(
            caption: caption,
            head: ["layer", "least", "quarter", "median", "three quarters", "max/mean", "by chance"],
            cells: report.layers.map { layer in
                let loads = layer.loadOverMean.sorted()
                return [.init(layer.layer), .init(loads.quantile(0), layer.intervals.minOverMean)]
                    + [0.25, 0.5, 0.75].map { .init(loads.quantile($0).brief) }
                    + [
                        .init(layer.maxOverMean, layer.intervals.maxOverMean),
                        .init(layer.chance.maxOverMean.brief),
                    ]
            })
    }

    private var bothPeaks: String {
        let labels = reports.map(\.layerLabels).max { $0.count < $1.count } ?? []
        var chart = LineChart(
            title: "Busiest expert of each layer, both runs", xLabel: "layer", yLabel: "max/mean",
            series: reports.enumerated().map { run, report in
                .init(
                    names[run],
                    measured: report.layers.enumerated().map {
                        (Double($0), $1.maxOverMean, $1.intervals.maxOverMean)
                    }, color: run, isDashed: run == 1)
            })
        (chart.level, chart.isHalf) = (3, true)
        chart.names = labels
        chart.references = [.init(name: "fair share", value: 1)]
        let means = reports.map { $0.layers.map(\.maxOverMean).mean }
        let notes = reports.map { $0.layers.map(\.intervals.maxOverMean).mean.note() }
        chart.takeaway = """
            Mean of the layers: \(means[0].brief)\(notes[0]) in \(names[0]), \(means[1].brief)\(notes[1]) in \
            \(names[1]); the difference is \((means[0] - means[1]).change(\.brief)).
            """
        return chart.html
    }

    // MARK: Phases

    /// Whether reading and writing use the same experts.
    private var phases: String? {
        let both = report.layers.filter { $0.promptLoad.contains { $0 > 0 } && $0.decodeLoad.contains { $0 > 0 } }
        guard !both.isEmpty, both.count == report.layers.count, report.source.topK > 0 else { return nil }
        let loads = [both.map(\.promptLoad), both.map(\.decodeLoad)]
        let balances = loads.map { $0.map { LoadBalance(loads: $0, topK: report.source.topK).maxOverMean } }
        let overlap = both.map { Self.overlap($0.promptLoad, $0.decodeLoad) }
        var chart = LineChart(
            title: "Reading and writing", xLabel: "layer", yLabel: "max/mean",
            series: zip(["tokens that were read", "tokens that were written"], balances).enumerated().map {
                place, pair in
                .init(
                    pair.0, pair.1.enumerated().map { (Double($0.offset), $0.element) }, color: place,
                    isDashed: place == 1, hasDots: true)
            })
        (chart.level, chart.isHalf) = (3, true)
        chart.names = report.layerLabels
        chart.references = [.init(name: "fair share", value: 1)]
        chart.takeaway = """
            Tokens that are read and tokens that are written have \(overlap.mean.percent) of their load in common \
            (from \((overlap.min() ?? .nan).percent) to \((overlap.max() ?? .nan).percent) by layer).
            """
        chart.table = HTMLPage.table(
            caption: "By phase", head: ["layer", "max/mean, read", "max/mean, written", "in common"],
            rows: both.indices.map {
                [both[$0].layer, balances[0][$0].brief, balances[1][$0].brief, overlap[$0].percent]
            })
        return chart.html
    }

    /// The share of the load that two have in common: 1 less the total variation distance.
    private static func overlap(_ first: [Int], _ second: [Int]) -> Double {
        let totals = [first, second].map { $0.reduce(0.0) { $0 + Double($1) } }
        return zip(first, second).reduce(0) { $0 + min(Double($1.0) / totals[0], Double($1.1) / totals[1]) }
    }
}

extension RoutingReport {
    /// The worst layer against the rest.
    var unevenness: String {
        guard let worst = worstLayer else { return "There is nothing to see." }
        let idle = layers.reduce(0) { $0 + $1.deadExperts }
        let idleText = idle > 0 ? " Idle: \(idle.grouped) of \(layers.reduce(0) { $0 + $1.load.count }.grouped)." : ""
        let share =
            "Layer \(worst.layer.clipped(24))'s busiest expert does \(worst.maxOverMean.brief) times its fair share"
            + worst.intervals.maxOverMean.note()
        let rest = layers.filter { $0.layer != worst.layer }.map(\.maxOverMean).max()
        return share + (rest.map { "; in the other layers none exceeds \($0.brief)." } ?? ".") + idleText
    }

    /// How much the busy ones have.
    var inequality: String {
        guard let experts = layers.map(\.load.count).max(), experts > 0 else { return "There is nothing to see." }
        let quarter = max(1, experts / 4)
        let shares = layers.map { layer in
            layer.loadOverMean.sorted { $0 > $1 }.prefix(quarter).reduce(0, +) / Double(max(layer.load.count, 1))
        }
        let fair = Double(quarter) / Double(experts)
        return """
            The busiest \(quarter == 1 ? "expert has" : "\(quarter) of \(experts) experts have") \(shares.mean.percent) of a \
            layer's visits on average; equal shares would give \(fair.percent).
            """
    }

    /// How many layers are less even than chance.
    var aboveChance: String {
        let known = layers.filter { $0.intervals.maxOverMean != nil }
        guard !known.isEmpty else { return "There are too few tokens to say how certain the busiest expert's load is." }
        let beyond = known.filter { ($0.intervals.maxOverMean?.low ?? 0) > $0.chance.maxOverMean }
        guard !beyond.isEmpty else {
            return "In no layer does the busiest expert, with 95 % confidence, exceed what chance would give it."
        }
        let greatest = beyond.max { $0.maxOverMean / $0.chance.maxOverMean < $1.maxOverMean / $1.chance.maxOverMean }
        let most = greatest.map {
            ", most of all in layer \($0.layer.clipped(24)): \($0.maxOverMean.brief)\($0.intervals.maxOverMean.note()) where chance gives \($0.chance.maxOverMean.brief)"
        }
        let count = beyond.count == layers.count ? "every layer" : "\(beyond.count) of \(layers.count) layers"
        return "In \(count) the busiest expert is busier than chance would have it, with 95 % confidence\(most ?? "")."
    }
}
