#if canImport(Glibc)
    import Glibc
#endif

extension ReportPage {
    /// What experts have to do with kinds of text.
    var domains: HTMLPage.Section? {
        let known = reports.indices.filter { run in
            reports[run].domains.map { !$0.layers.isEmpty && $0.names.count > 1 } ?? false
        }
        guard let first = known.first.flatMap({ reports[$0].domains }) else {
            return HTMLPage.Section(
                id: "domains", title: "Kinds of text",
                body: [
                    HTMLPage.paragraph(
                        "No two kinds of text are told apart here. With a domain for each text the report says which experts "
                            + "specialize in it, and whether that is more than chance.")
                ])
        }
        return HTMLPage.Section(
            id: "domains", title: "Kinds of text",
            body: [row(information(first), known.compactMap(mostTellingMap))] + known.map(otherMaps))
    }

    /// The map of the layer that tells most of the domain.
    private func mostTellingMap(_ run: Int) -> String? {
        reports[run].domains.flatMap { domains in
            domains.mostTelling.first.map { domainMap(domains, $0, run, isFirst: true) }
        }
    }

    /// Those of the next layers, folded.
    private func otherMaps(_ run: Int) -> String {
        guard let domains = reports[run].domains else { return "" }
        let maps = domains.mostTelling.dropFirst().prefix(5).map { domainMap(domains, $0, run, isFirst: false) }
        let summary = maps.count < domains.layers.count - 1 ? "The next \(maps.count) layers" : "The other layers"
        return Figure.folded(named(summary, run), Figure.row(maps))
    }

    private func information(_ domains: DomainReport) -> String {
        let beyond = domains.layers.filter(\.information.isSignificant)
        let most = beyond.max { $0.information.mutualInformation < $1.information.mutualInformation }
        var chart = LineChart(
            title: "What an expert tells of a token's domain", xLabel: "layer", yLabel: "mutual information, nats",
            series: reports.enumerated().compactMap { run, report in
                report.domains.map { domains in
                    .init(
                        named("measured", run),
                        measured: domains.layers.enumerated().map {
                            (Double($0), $1.information.mutualInformation, $1.information.interval)
                        }, color: run, isDashed: run == 1)
                }
            })
        (chart.level, chart.isHalf) = (3, true)
        chart.names = RoutingReport.labels(domains.layers.map(\.layer))
        chart.startsAtZero = true
        chart.bands = [Self.band(domains.layers.map(\.information))]
        if domains.shuffled == .segments { chart.explanation = DomainReport.fewTexts }
        let which =
            beyond.count == domains.layers.count ? "every layer" : "\(beyond.count) of \(domains.layers.count) layers"
        chart.takeaway =
            beyond.isEmpty
            ? "In no layer do experts tell more of the domain than shuffled labels can by chance."
            : "Experts tell more of the domain than 99\u{202F}% of shuffled labels in \(which)"
                + (most.map {
                    ", most in layer \($0.layer.clipped(24)): \($0.information.mutualInformation.fixed(3)) nats"
                        + "\($0.information.interval.note { $0.fixed(3) }), "
                        + "\($0.information.normalized.percent) of all there is to know."
                } ?? ".")
        chart.table = reports.indices.compactMap { run in
            reports[run].domains.map { domains in
                Self.informationTable(
                    named("Mutual information of expert and domain", run),
                    domains.layers.map { ($0.layer, $0.information) })
            }
        }.joined()
        return chart.html
    }

    static func band(_ information: [Information]) -> LineChart.Band {
        .init(
            name: "shuffled labels, mean to 99th percentile",
            points: information.enumerated().map {
                (Double($0.offset), $0.element.shuffledMean, $0.element.shuffledHigh)
            })
    }

    static func informationTable(_ caption: String, _ rows: [(name: String, information: Information)]) -> String {
        HTMLPage.table(
            caption: caption,
            head: ["layer", "nats", "of the labels' entropy", "shuffled, mean", "shuffled, 99th percentile", "p"],
            cells: rows.map { name, of in
                [
                    .init(name), .init(of.mutualInformation, of.interval) { $0.fixed(4) },
                    .init(of.normalized, of.normalizedInterval, \.percent), .init(of.shuffledMean.fixed(4)),
                    .init(of.shuffledHigh.fixed(4)), .init(of.pValue.fixed(3)),
                ]
            })
    }

    private func domainMap(_ domains: DomainReport, _ place: Int, _ run: Int, isFirst: Bool) -> String {
        let layer = domains.layers[place]
        let shares = layer.load.map { load in
            let total = load.reduce(0.0) { $0 + Double($1) }
            return load.map { total > 0 ? Double($0) / total : .nan }
        }
        let experts = shares.map(\.count).min() ?? 0
        let common = (0..<experts).map { expert in shares.map { $0[expert] }.filter(\.isFinite).mean }
        let values = shares.map { share in (0..<experts).map { common[$0] > 0 ? share[$0] / common[$0] : .nan } }
        let short = domains.names.map { $0.clipped(12) }
        var map = HeatMap(
            rows: Set(short).count == short.count ? short : domains.names.indices.map { "\($0 + 1)" },
            columns: (0..<experts).map { "\($0)" },
            values: values)
        map.rowName = "domain"
        map.hasHints = isFirst
        let key =
            zip(map.rows, domains.names).contains { $0 != $1 }
            ? " Rows: " + zip(map.rows, domains.names).map { "\($0) \($1.clipped(24))" }.joined(separator: ", ") + "."
            : ""
        return Figure(
            title: named("Domains in layer \(layer.layer.clipped(24))", run),
            takeaway: specialist(domains, shares, over: values),
            explanation:
                "An expert's share of a domain over its mean share of all domains: 1 where the domain makes no difference."
                + key,
            drawing: map.binned().drawing,
            legend: isFirst ? map.legend("avoided", "preferred", empty: "never") : "",
            table: isFirst ? map.table(named("Share over the mean share of all domains", run)) : "", isHalf: true
        ).html
    }

    private func specialist(_ domains: DomainReport, _ shares: [[Double]], over values: [[Double]]) -> String {
        let cells = values.enumerated().flatMap { row, values in
            zip(shares[row], values).enumerated().filter { $0.element.1.isFinite && $0.element.1 > 0 }.map {
                (row: row, expert: $0.offset, value: $0.element.1, telling: $0.element.0 * log($0.element.1))
            }
        }
        // A share that is great and far above the mean: of a rare expert's few tokens all may be of one domain.
        guard let most = cells.max(by: { $0.telling < $1.telling }), most.telling > 0 else {
            return "No expert sees more of one domain than of another."
        }
        return """
            Most telling: expert \(most.expert) sees \(most.value.brief) times as much of \(domains.names[most.row].clipped(40)) \
            as of a domain on average.
            """
    }
}

extension DomainReport {
    /// Places of the layers, those that tell most of the domain first.
    fileprivate var mostTelling: [Int] {
        layers.indices.sorted {
            let (first, second) = (layers[$0].information, layers[$1].information)
            return first.mutualInformation == second.mutualInformation
                ? $0 < $1 : first.mutualInformation > second.mutualInformation
        }
    }
}

extension Information {
    /// Of ``normalized``, the entropy of the labels being given.
    var normalizedInterval: Interval? {
        mutualInformation > 0 ? interval?.scaled(by: normalized / mutualInformation) : nil
    }
}

extension DomainReport {
    /// What it means that labels of segments were shuffled.
    static let fewTexts =
        "The texts are so few that stretches of \(LabeledUnits.mostTokens) tokens were shuffled: that the domains differ "
        + "and that these texts do is the same to them."
}
