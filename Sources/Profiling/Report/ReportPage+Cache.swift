extension ReportPage {
    /// What memory for some of the experts would be worth.
    var cache: HTMLPage.Section? {
        // Of fewer than four experts there is no quarter.
        guard let cache = report.cache, !cache.points.isEmpty, cache.experts >= 4 else { return nil }
        let small = [reuse(cache), workingSet].compactMap { $0 }
        return HTMLPage.Section(
            id: "cache", title: "Is there a hot set worth caching?",
            body: [
                "<p class=\"verdict\">\(answer(cache).escapedForHTML)</p>", HTMLPage.paragraph(reasons(cache)),
                hitRates(cache),
                Figure.row(small),
            ])
    }

    /// What the lead of the findings says of it, or what a quarter of the experts would serve.
    private func answer(_ cache: CacheReport) -> String {
        if let finding = report.findings.first(where: { $0.kind == "hot_set" }) { return finding.headline + "." }
        let quarter = cache.hitRate(atShare: 0.25) ?? .nan
        let verdict = quarter >= 0.5 ? "Yes" : quarter >= 0.35 ? "A little" : "Hardly"
        return "\(verdict): a quarter of the experts in memory would serve \(quarter.percent) of the requests."
    }

    private func reasons(_ cache: CacheReport) -> String {
        let hot = cache.hotSet
        let quarter = cache.hitRate(atShare: 0.25) ?? .nan
        let enough = cache.points.first { $0.lru >= 0.8 }
        let memory = enough.map { point in
            let bytes = point.bytes.map { " (\($0.inBytes))" } ?? ""
            return
                " Four in five requests are served from memory once \(point.share.percent) of the experts fit\(bytes)."
        }
        return """
            A quarter of the experts in memory serves \(quarter.percent) of the requests; without a hot set it would be \
            25\u{202F}%.\(memory ?? "") The busiest tenth of the experts has \(hot.busiestTenth.percent) of the \
            visits (chosen by the first half and counted on the second: \(hot.busiestTenthLater.percent)), and \
            \(hot.half.percent) of them have half.
            """
    }

    private func hitRates(_ cache: CacheReport) -> String {
        var series: [LineChart.Series] = []
        for (run, report) in reports.enumerated() {
            guard let cache = report.cache else { continue }
            let curves: [(String, Int, (CacheReport.Point) -> Double)] = [
                ("best possible (Belady)", 7, \.belady), ("least recently used", 0, \.lru),
                ("busiest pinned", 1, \.pinned),
            ]
            for (name, color, value) in curves {
                series.append(
                    .init(
                        named(name, run), cache.points.map { ($0.share, value($0)) }, color: color, isDashed: run == 1,
                        hasDots: run == 0))
            }
        }
        var chart = LineChart(
            title: "Requests served from memory", xLabel: "share of all experts that fit", yLabel: "hit rate",
            series: series)
        chart.level = 3
        chart.diagonal = "no hot set"
        (chart.areShares, chart.xAreShares, chart.startsAtZero, chart.top) = (true, true, true, 1)
        let cycle = Double(cache.cycle) / Double(max(cache.experts, 1))
        if cycle > 0, cycle < 1 {
            chart.references = [.init(name: "one token: \(cycle.percent)", value: cycle, isVertical: true)]
        }
        chart.xBytes = cache.expertBytes.map { $0 * Double(cache.experts) }
        chart.takeaway = cacheTakeaway(cache)
        let memory = cache.expertBytes.map { " of \($0.inBytes) each" } ?? ""
        let scope = cache.counts == .decode ? "of tokens that were written" : "of all tokens"
        chart.explanation = """
            \(cache.counted.grouped) requests \(scope) for \(cache.experts.counted("expert"))\(memory); \
            \(cache.firstRequests.grouped) asked for an expert for the first time, which no cache has.
            """
        chart.table = cacheTable(cache)
        return chart.html
    }

    private func cacheTakeaway(_ cache: CacheReport) -> String {
        let cycle = """
            One token asks for \(cache.cycle.counted("expert")); with much less room, an expert is gone before the next \
            token can ask for it.
            """
        guard let point = cache.points.max(by: { $0.lru - $0.share < $1.lru - $1.share }), point.lru > point.share
        else { return "At no size does a cache serve more than its share of the experts. \(cycle)" }
        return """
            A cache gains most at \(point.share.percent) of the experts: \(point.lru.percent) of the requests, at best \
            \(point.belady.percent). \(cycle)
            """
    }

    private func cacheTable(_ cache: CacheReport) -> String {
        HTMLPage.table(
            caption: "Hit rates by the experts that fit",
            head: ["experts", "share", "memory", "least recently used", "best possible", "busiest pinned"],
            rows: cache.points.map {
                [
                    $0.capacity.grouped, $0.share.percent, $0.bytes?.inBytes ?? "–", $0.lru.percent, $0.belady.percent,
                    $0.pinned.percent,
                ]
            })
    }

    private func reuse(_ cache: CacheReport) -> String? {
        let buckets = cache.reuseDistances
        let total = buckets.reduce(0.0) { $0 + Double($1.requests) }
        guard total > 0, let most = buckets.indices.max(by: { buckets[$0].requests < buckets[$1].requests }) else {
            return nil
        }
        let shares = buckets.map { Double($0.requests) / total }
        let least = buckets[most].from
        let others =
            switch least {
            case 0: "no other expert"
            case 1: "one other expert"
            default: "\(least.grouped) to \((2 * least - 1).grouped) other experts"
            }
        var chart = BarChart(names: buckets.map { $0.from.grouped }, values: shares, text: { $0.percent })
        chart.emphasized = [most]
        var drawing = chart.drawing
        drawing.xLabel = "different experts in between"
        drawing.yLabel = "share of requests"
        return Figure(
            title: "How soon an expert is asked for again",
            takeaway: """
                Most often after \(others): \(shares[most].percent) of the requests for one that was seen before.
                """,
            drawing: drawing,
            table: HTMLPage.table(
                caption: "Requests by reuse distance", head: ["from", "requests", "share"],
                rows: buckets.indices.map {
                    [buckets[$0].from.grouped, buckets[$0].requests.grouped, shares[$0].percent]
                }), isHalf: true
        ).html
    }

    private var workingSet: String? {
        guard let sets = report.cache?.workingSet, let last = sets.last, let first = sets.first else { return nil }
        var chart = LineChart(
            title: "Experts that a stretch of text needs", xLabel: "tokens in a row", yLabel: "share of all experts",
            series: reports.enumerated().map { run, report in
                .init(
                    other == nil ? "different experts" : names[run],
                    (report.cache?.workingSet ?? []).enumerated().map { (Double($0.offset), $0.element.share) },
                    color: run, isDashed: run == 1, hasDots: true)
            })
        chart.level = 3
        chart.names = sets.map { $0.tokens.grouped }
        (chart.areShares, chart.startsAtZero, chart.isHalf) = (true, true, true)
        chart.takeaway = """
            \(first.tokens == 1 ? "One token visits" : "\(first.tokens.grouped) tokens in a row visit") \
            \(first.share.percent) of all experts, \(last.tokens.counted("token")) in a row \(last.share.percent).
            """
        chart.table = HTMLPage.table(
            caption: "Working set", head: ["tokens", "experts", "share"],
            rows: sets.map { [$0.tokens.grouped, $0.experts.fixed(1), $0.share.percent] })
        return chart.html
    }
}
