#if canImport(Glibc)
    import Glibc
#endif

extension ReportPage {
    /// What experts have to do with kinds of text.
    var domains: HTMLPage.Section? {
        guard let domains = report.domains, !domains.layers.isEmpty, domains.names.count > 1 else {
            return HTMLPage.Section(
                id: "domains", title: "Kinds of text",
                body: [
                    HTMLPage.paragraph(
                        "No two kinds of text are told apart here. With a domain for each text the report says which experts "
                            + "specialize in it, and whether that is more than chance.")
                ])
        }
        let order = domains.layers.indices.sorted {
            let (first, second) = (domains.layers[$0].information, domains.layers[$1].information)
            return first.mutualInformation == second.mutualInformation
                ? $0 < $1 : first.mutualInformation > second.mutualInformation
        }
        let others = order.dropFirst().prefix(5).map { domainMap(domains, $0, isFirst: false) }
        return HTMLPage.Section(
            id: "domains", title: "Kinds of text",
            body: [
                Figure.row([information(domains), domainMap(domains, order[0], isFirst: true)]),
                Figure.folded(
                    others.count < order.count - 1 ? "The next \(others.count) layers" : "The other layers",
                    Figure.row(others)),
            ])
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
                        domains.layers.enumerated().map {
                            (Double($0.offset), $0.element.information.mutualInformation)
                        },
                        color: run, isDashed: run == 1, hasDots: true)
                }
            })
        (chart.level, chart.isHalf) = (3, true)
        chart.names = RoutingReport.labels(domains.layers.map(\.layer))
        chart.startsAtZero = true
        chart.bands = [Self.band(domains.layers.map(\.information))]
        let which =
            beyond.count == domains.layers.count ? "every layer" : "\(beyond.count) of \(domains.layers.count) layers"
        chart.takeaway =
            beyond.isEmpty
            ? "In no layer do experts tell more of the domain than shuffled labels can by chance."
            : "Experts tell more of the domain than 99\u{202F}% of shuffled labels in \(which)"
                + (most.map {
                    ", most in layer \($0.layer.clipped(24)): \($0.information.mutualInformation.fixed(3)) nats, "
                        + "\($0.information.normalized.percent) of all there is to know."
                } ?? ".")
        chart.table = Self.informationTable(
            "Mutual information of expert and domain", domains.layers.map { ($0.layer, $0.information) })
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
            rows: rows.map { name, of in
                [
                    name, of.mutualInformation.fixed(4), of.normalized.percent, of.shuffledMean.fixed(4),
                    of.shuffledHigh.fixed(4), of.pValue.fixed(3),
                ]
            })
    }

    private func domainMap(_ domains: DomainReport, _ place: Int, isFirst: Bool) -> String {
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
            title: "Domains in layer \(layer.layer.clipped(24))", takeaway: specialist(domains, shares, over: values),
            explanation:
                "An expert's share of a domain over its mean share of all domains: 1 where the domain makes no difference."
                + key,
            drawing: map.binned().drawing,
            legend: isFirst ? map.legend("avoided", "preferred", empty: "never") : "",
            table: isFirst ? map.table("Share over the mean share of all domains") : "", isHalf: true
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

    /// What experts have to do with single tokens.
    var vocabulary: HTMLPage.Section? {
        guard let vocabulary = report.vocabulary, !vocabulary.layers.isEmpty else { return nil }
        let most = vocabulary.layers.max { $0.inputShare < $1.inputShare }
        var chart = LineChart(
            title: "What an expert tells of the token", xLabel: "layer",
            yLabel: "mutual information over the entropy of the tokens",
            series: [
                .init(
                    "of the token that is read",
                    vocabulary.layers.enumerated().map { (Double($0.offset), $0.element.input.normalized) }, color: 0,
                    hasDots: true),
                .init(
                    "of the token that follows",
                    vocabulary.layers.enumerated().map { (Double($0.offset), $0.element.next.normalized) }, color: 1,
                    isDashed: true, hasDots: true),
            ])
        (chart.level, chart.isHalf) = (3, true)
        chart.names = RoutingReport.labels(vocabulary.layers.map(\.layer))
        (chart.areShares, chart.startsAtZero) = (true, true)
        chart.takeaway =
            most.map {
                "In layer \($0.layer.clipped(24)) a token's favorite expert has \($0.inputShare.percent) of its visits on average, over "
                    + "\(vocabulary.distinctTokens.grouped) different tokens."
            } ?? ""
        chart.table =
            HTMLPage.table(
                caption: "Share of a token's visits that its favorite expert has",
                head: ["layer", "token read", "token that follows"],
                rows: vocabulary.layers.map { [$0.layer, $0.inputShare.percent, $0.nextShare.percent] })
            + Self.informationTable("Expert and token read", vocabulary.layers.map { ($0.layer, $0.input) })
            + Self.informationTable("Expert and token that follows", vocabulary.layers.map { ($0.layer, $0.next) })
        return HTMLPage.Section(
            id: "tokens", title: "Single tokens", body: [Figure.row([chart.html]), favorites(most)])
    }

    /// A token as a person can read it, or else its id.
    private func piece(_ id: Int) -> String {
        report.vocabulary?.pieces?.first { $0.id == id }?.text.printable ?? "\(id)"
    }

    private func favorites(_ layer: VocabularyReport.Layer?) -> String {
        guard let layer, let favorites = layer.favorites, favorites.contains(where: { !$0.isEmpty }) else { return "" }
        return Figure.folded(
            "Favorite tokens of the experts of layer \(layer.layer.clipped(24))",
            HTMLPage.table(
                caption: "Tokens that an expert sees most beyond its share", head: ["expert", "tokens"],
                rows: favorites.enumerated().map { ["\($0)", $1.prefix(10).map(piece).joined(separator: ", ")] }))
    }
}
