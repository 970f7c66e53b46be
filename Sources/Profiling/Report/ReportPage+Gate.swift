extension ReportPage {
    /// How decided the gates are.
    var gate: HTMLPage.Section? {
        let known = report.layers.contains { $0.gate != nil }
        guard known else {
            return HTMLPage.Section(
                id: "gate", title: "Confidence of the gate",
                body: [
                    HTMLPage.paragraph(
                        "The trace tells no weights or scores; with them it would say how sure the gates are.")
                ])
        }
        return HTMLPage.Section(
            id: "gate", title: "Confidence of the gate",
            body: [HTMLPage.paragraph(basis), Figure.row([confidences, histograms])])
    }

    private var basis: String {
        report.layers.contains { $0.gate?.basis == .chosenExperts }
            ? "The trace knows the weights of the chosen experts alone, so they are made to sum to 1: a confidence cannot fall "
                + "below 1/k."
            : "A confidence is that of the first expert in the softmax of the scores of all experts."
    }

    private var confidences: String {
        let gates = report.layers.map(\.gate)
        let known = zip(report.layers, gates).compactMap { layer, gate in gate.map { (layer.layer, $0) } }
        let (least, most) = (
            known.min { $0.1.confidence < $1.1.confidence }, known.max { $0.1.confidence < $1.1.confidence }
        )
        var chart = LineChart(
            title: "Confidence, margin and entropy of each layer", xLabel: "layer", yLabel: "mean over the tokens",
            series: reports.indices.flatMap { run in
                [
                    gateSeries("confidence", run, color: 0, \.confidence, \.confidence),
                    gateSeries("margin", run, color: 1, \.margin, \.margin),
                ]
                    + (other == nil
                        ? [gateSeries("entropy over its greatest", run, color: 7, \.entropy, \.entropy)] : [])
            })
        (chart.level, chart.isHalf) = (3, true)
        chart.names = report.layerLabels
        (chart.startsAtZero, chart.top) = (true, 1)
        if let least, let most {
            chart.takeaway =
                known.count == 1
                ? "On average the first expert gets \(most.1.said) of the weight."
                : "The gate is surest in layer \(most.0.clipped(24)), with \(most.1.said) for the first expert, and least "
                    + "sure in layer \(least.0.clipped(24)), with \(least.1.said)."
        }
        chart.table = reports.indices.map(gateTable).joined()
        return chart.html
    }

    private func gateTable(_ run: Int) -> String {
        HTMLPage.table(
            caption: named("The gate", run), head: ["layer", "confidence", "margin", "entropy over its greatest"],
            cells: reports[run].layers.compactMap { layer in
                guard let gate = layer.gate else { return nil }
                return [
                    .init(layer.layer), .init(gate.confidence, gate.intervals?.confidence) { $0.fixed(3) },
                    .init(gate.margin, gate.intervals?.margin) { $0.fixed(3) },
                    .init(gate.entropy, gate.intervals?.entropy) { $0.fixed(3) },
                ]
            })
    }

    private func gateSeries(
        _ name: String, _ run: Int, color: Int, _ value: (GateReport) -> Double,
        _ interval: (GateReport.Intervals) -> Interval?
    ) -> LineChart.Series {
        let points = reports[run].layers.enumerated().compactMap { place, layer in
            layer.gate.map { (x: Double(place), y: value($0), interval: $0.intervals.flatMap(interval)) }
        }
        return .init(named(name, run), measured: points, color: color, isDashed: run == 1)
    }

    /// A small histogram for each layer.
    private var histograms: String {
        let items = report.layers.compactMap { layer -> String? in
            guard let gate = layer.gate, gate.confidenceHistogram.contains(where: { $0 > 0 }) else { return nil }
            let tokens = max(gate.confidenceHistogram.reduce(0, +), 1)
            let shares = gate.confidenceHistogram.map { (Double($0) / Double(tokens)).percent }
            let name = layer.layer.clipped(16)
            let picture = BarChart.small(
                gate.confidenceHistogram,
                label:
                    "Layer \(name): share of tokens in each tenth of confidence from 0 to 1: \(shares.joined(separator: ", "))"
            )
            return """
                <li>\(picture)<p>layer \(name.escapedForHTML) <span class="number">\(gate.confidence.fixed(2))</span></p></li>
                """
        }
        guard !items.isEmpty else { return "" }
        let all = "<ul class=\"multiples\">\(items.prefix(12).joined(separator: "\n"))</ul>"
        let rest = items.dropFirst(12).joined(separator: "\n")
        return """
            <figure class="half">
            <figcaption><h3>Tokens by confidence, a picture for each layer</h3>
            <p class="takeaway">\(confidenceAndBalance.escapedForHTML)</p>
            <p class="how">How many tokens have a confidence from 0 at the left to 1 at the right, in tenths; below it the mean.</p>
            </figcaption>
            <div class="drawing">\(all)</div>
            <div>\(rest.isEmpty ? "" : Figure.folded("The other layers", "<ul class=\"multiples\">\(rest)</ul>"))</div>
            </figure>
            """
    }

    /// That the one does not follow from the other, with the numbers of this report.
    private var confidenceAndBalance: String {
        let pairs = report.layers.compactMap { layer in layer.gate.map { (layer, $0.confidence) } }
        guard pairs.count > 2, let most = pairs.max(by: { $0.1 < $1.1 }), let least = pairs.min(by: { $0.1 < $1.1 })
        else {
            return "Confidence is about single tokens, balance about all of them; the one does not tell the other."
        }
        return """
            Confidence is about single tokens, balance about all of them: the surest layer, \(most.0.layer.clipped(24)), has a max/mean of \
            \(most.0.maxOverMean.brief), the least sure, \(least.0.layer.clipped(24)), one of \(least.0.maxOverMean.brief).
            """
    }
}

extension GateReport {
    /// Its confidence in words.
    fileprivate var said: String { confidence.percent + (intervals?.confidence).percentNote }
}
