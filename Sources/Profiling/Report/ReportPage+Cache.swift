extension ReportPage {
    /// What memory for some of the experts would be worth.
    var cache: HTMLPage.Section? {
        // Of fewer than four experts there is no quarter.
        guard let cache = report.cache, !cache.points.isEmpty, cache.experts >= 4 else { return nil }
        let small = [reuse, workingSet].compactMap { $0 }
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
        let quarter = cache.hitRate(atShare: 0.25)
        let rate = quarter?.rate ?? .nan
        let verdict = rate >= 0.5 ? "Yes" : rate >= 0.35 ? "A little" : "Hardly"
        return """
            \(verdict): a quarter of the experts in memory would serve \(rate.percent)\(quarter?.interval.percentNote ?? "") \
            of the requests.
            """
    }

    private func reasons(_ cache: CacheReport) -> String {
        let hot = cache.hotSet
        let quarter = cache.hitRate(atShare: 0.25)
        let enough = cache.points.first { $0.lru >= 0.8 }
        let memory = enough.map { point in
            let bytes = point.bytes.map { " (\($0.inBytes))" } ?? ""
            return
                " Four in five requests are served from memory once \(point.share.percent) of the experts fit\(bytes)."
        }
        return """
            A quarter of the experts in memory serves \((quarter?.rate ?? .nan).percent)\
            \(quarter?.interval.percentNote ?? "") of the requests; without a hot set it would be 25\u{202F}%.\
            \(memory ?? "") The busiest tenth of the experts has \(hot.busiestTenth.percent)\
            \((hot.intervals?.busiestTenth).percentNote) of the visits; chosen by the first half and counted on the \
            second, \(hot.busiestTenthLater.percent)\((hot.intervals?.busiestTenthLater).percentNote). Half of the visits \
            go to \(hot.half.percent)\((hot.intervals?.half).percentNote) of the experts.
            """
    }

    private func hitRates(_ cache: CacheReport) -> String {
        var series: [LineChart.Series] = []
        for (run, report) in reports.enumerated() {
            guard let cache = report.cache else { continue }
            let curves: [(String, Int, (CacheReport.Point) -> (Double, Interval?))] = [
                ("best possible (Belady)", 7, { ($0.belady, $0.intervals?.belady) }),
                ("least recently used", 0, { ($0.lru, $0.intervals?.lru) }),
                ("busiest pinned", 1, { ($0.pinned, $0.intervals?.pinned) }),
            ]
            for (name, color, value) in curves {
                let points = cache.points.map { point in
                    let (rate, interval) = value(point)
                    return (x: point.share, y: rate, interval: interval)
                }
                series.append(
                    .init(named(name, run), measured: points, color: color, isDashed: run == 1, hasDots: run == 0))
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
        chart.table = reports.indices.map(cacheTable).joined()
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
            A cache gains most at \(point.share.percent) of the experts: \(point.lru.percent)\
            \((point.intervals?.lru).percentNote) of the requests, at best \(point.belady.percent)\
            \((point.intervals?.belady).percentNote). \(cycle)
            """
    }

    private func cacheTable(_ run: Int) -> String {
        guard let cache = reports[run].cache else { return "" }
        let (hot, of) = (cache.hotSet, cache.hotSet.intervals)
        return HTMLPage.table(
            caption: named("Hit rates by the experts that fit", run),
            head: ["experts", "share", "memory", "least recently used", "best possible", "busiest pinned"],
            cells: cache.points.map {
                [
                    .init($0.capacity.grouped), .init($0.share.percent), .init($0.bytes?.inBytes ?? "–"),
                    .init($0.lru, $0.intervals?.lru, \.percent), .init($0.belady, $0.intervals?.belady, \.percent),
                    .init($0.pinned, $0.intervals?.pinned, \.percent),
                ]
            })
            + HTMLPage.table(
                caption: named("The hot set", run), head: ["measure", "share"],
                cells: [
                    [.init("experts that have half of the visits"), .init(hot.half, of?.half, \.percent)],
                    [.init("80\u{202F}%"), .init(hot.eighty, of?.eighty, \.percent)],
                    [.init("90\u{202F}%"), .init(hot.ninety, of?.ninety, \.percent)],
                    [.init("visits of the busiest tenth"), .init(hot.busiestTenth, of?.busiestTenth, \.percent)],
                    [
                        .init("chosen by the first half, counted later"),
                        .init(hot.busiestTenthLater, of?.busiestTenthLater, \.percent),
                    ],
                ])
    }
}
