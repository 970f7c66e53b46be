extension ReportPage {
    /// After how many others an expert is asked for again.
    var reuse: String? {
        let known = reports.indices.filter { reports[$0].cache?.mostCommonDistance != nil }
        guard !known.isEmpty else { return nil }
        let starts = Set(known.flatMap { (reports[$0].cache?.reuseDistances ?? []).map(\.from) }).sorted()
        let chart = BarChart(
            names: starts.map(\.grouped), series: known.map { distances($0, from: starts) }, text: { $0.percent })
        var drawing = chart.drawing
        drawing.xLabel = "different experts in between"
        drawing.yLabel = "share of requests"
        return Figure(
            title: "How soon an expert is asked for again",
            takeaway: known.compactMap(mostCommon).joined(separator: " "), drawing: drawing, legend: chart.legend,
            table: known.map(distanceTable).joined(), isHalf: true
        ).html
    }

    private func distances(_ run: Int, from starts: [Int]) -> BarChart.Series {
        let buckets = reports[run].cache?.reuseDistances ?? []
        let shares = reports[run].cache?.distanceShares ?? []
        let places = starts.map { start in buckets.firstIndex { $0.from == start } }
        return BarChart.Series(
            name: names[run], values: places.map { $0.map { shares[$0] } ?? 0 },
            intervals: places.map { $0.flatMap { buckets[$0].interval } },
            emphasized: reports[run].cache?.mostCommonDistance.flatMap { places.firstIndex(of: $0) })
    }

    private func mostCommon(_ run: Int) -> String? {
        guard let cache = reports[run].cache, let most = cache.mostCommonDistance else { return nil }
        let (bucket, share) = (cache.reuseDistances[most], cache.distanceShares[most])
        let others =
            switch bucket.from {
            case 0: "no other expert"
            case 1: "one other expert"
            default: "\(bucket.from.grouped) to \((2 * bucket.from - 1).grouped) other experts"
            }
        return """
            \(other == nil ? "Most often" : "In \(names[run]) most often") after \(others): \(share.percent)\
            \(bucket.interval.percentNote) of the requests for one that was seen before.
            """
    }

    private func distanceTable(_ run: Int) -> String {
        guard let cache = reports[run].cache else { return "" }
        return HTMLPage.table(
            caption: named("Requests by reuse distance", run), head: ["from", "requests", "share"],
            cells: zip(cache.reuseDistances, cache.distanceShares).map { bucket, share in
                [.init(bucket.from.grouped), .init(bucket.requests.grouped), .init(share, bucket.interval, \.percent)]
            })
    }

    /// How many experts a stretch of text needs.
    var workingSet: String? {
        guard let sets = report.cache?.workingSet, let last = sets.last, let first = sets.first else { return nil }
        var chart = LineChart(
            title: "Experts that a stretch of text needs", xLabel: "tokens in a row", yLabel: "share of all experts",
            series: reports.enumerated().map { run, report in
                .init(
                    other == nil ? "different experts" : names[run],
                    measured: (report.cache?.workingSet ?? []).enumerated().map { (Double($0), $1.share, $1.interval) },
                    color: run, isDashed: run == 1)
            })
        chart.level = 3
        chart.names = sets.map { $0.tokens.grouped }
        (chart.areShares, chart.startsAtZero, chart.isHalf) = (true, true, true)
        chart.takeaway = """
            \(first.tokens == 1 ? "One token visits" : "\(first.tokens.grouped) tokens in a row visit") \
            \(first.share.percent)\(first.interval.percentNote) of all experts, \(last.tokens.counted("token")) in a row \
            \(last.share.percent)\(last.interval.percentNote).
            """
        chart.table = reports.indices.map(workingSetTable).joined()
        return chart.html
    }

    private func workingSetTable(_ run: Int) -> String {
        guard let cache = reports[run].cache else { return "" }
        return HTMLPage.table(
            caption: named("Working set", run), head: ["tokens", "experts", "share"],
            cells: cache.workingSet.map {
                [.init($0.tokens.grouped), .init($0.experts.fixed(1)), .init($0.share, $0.interval, \.percent)]
            })
    }
}

extension CacheReport {
    private var seenBefore: Double { reuseDistances.reduce(0.0) { $0 + Double($1.requests) } }

    /// Of the requests for experts that had been asked for before, the share that each distance has.
    fileprivate var distanceShares: [Double] {
        reuseDistances.map { seenBefore > 0 ? Double($0.requests) / seenBefore : 0 }
    }

    fileprivate var mostCommonDistance: Int? {
        guard seenBefore > 0 else { return nil }
        return reuseDistances.indices.max { reuseDistances[$0].requests < reuseDistances[$1].requests }
    }
}
