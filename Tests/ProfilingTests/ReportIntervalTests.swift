import Foundation
import Profiling
import Testing

/// What pages, texts and findings make of intervals.
@Suite struct ReportIntervalTests {
    private static let plain = ReportSample(hasIntervals: false, isBare: true).report

    /// One interval that nothing else has, and how the page says it.
    static let places: [(set: @Sendable (inout RoutingReport, Interval) -> Void, text: String)] = [
        ({ $0.layers[1].intervals.maxOverMean = $1 }, "(0.12 to 0.98)"),
        ({ $0.layers[1].intervals.minOverMean = $1 }, "(0.12 to 0.98)"),
        ({ $0.layers[1].intervals.maxViolation = $1 }, "(0.12 to 0.98)"),
        ({ $0.layers[1].intervals.cv = $1 }, "(0.123 to 0.977)"),
        ({ $0.layers[1].intervals.gini = $1 }, "(0.123 to 0.977)"),
        ({ $0.layers[1].intervals.entropy = $1 }, "(0.123 to 0.977)"),
        ({ $0.layers[1].intervals.effectiveExperts = $1 }, "(0.1 to 1.0)"),
        ({ $0.layers[1].intervals.deadExperts = $1 }, "(0.1 to 1.0)"),
        ({ $0.layers[1].intervals.dropRates = [nil, $1] }, "(12 to 98\u{202F}%)"),
        ({ $0.acrossLayers?.maxOverMean.intervals = .same($1) }, "(0.12 to 0.98)"),
        ({ $0.acrossLayers?.entropy.intervals = .same($1) }, "(0.12 to 0.98)"),
        ({ $0.layers[1].gate?.intervals = .one("confidence", $1) }, "(0.123 to 0.977)"),
        ({ $0.layers[1].gate?.intervals = .one("margin", $1) }, "(0.123 to 0.977)"),
        ({ $0.layers[1].gate?.intervals = .one("entropy", $1) }, "(0.123 to 0.977)"),
        ({ $0.layers[1].coActivation?.allPairs.interval = $1 }, "(12 to 98\u{202F}%)"),
        ({ $0.layers[1].coActivation?.adjacentRanks.interval = $1 }, "(12 to 98\u{202F}%)"),
        (
            { report, interval in
                for layer in report.layers.indices {
                    report.layers[layer].coActivation?.allPairs.top[1].intervals = .one("probability", interval)
                }
            }, "(12 to 98\u{202F}%)"
        ),
        (
            { report, interval in
                for layer in report.layers.indices {
                    report.layers[layer].coActivation?.allPairs.top[1].intervals = .one("lift", interval)
                }
            }, "(0.12 to 0.98×)"
        ),
        ({ $0.domains?.layers[1].information.interval = $1 }, "(0.1234 to 0.9766)"),
        ({ $0.vocabulary?.layers[1].input.interval = $1 }, "(0.1234 to 0.9766)"),
        ({ $0.vocabulary?.layers[1].next.interval = $1 }, "(0.1234 to 0.9766)"),
        ({ $0.vocabulary?.layers[1].intervals = .one("inputShare", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.vocabulary?.layers[1].intervals = .one("nextShare", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.transitions[1].intervals = .one("mutualInformation", $1) }, "(0.123 to 0.977)"),
        ({ $0.transitions[1].intervals = .one("recall", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.transitions[1].intervals = .one("popularityRecall", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.transitions[1].intervals = .one("gain", $1) }, "(12 to 98\u{202F}%)"),
        (
            { report, interval in
                for place in report.transitions.indices { report.transitions[place].top[0].interval = interval }
            }, "(12 to 98\u{202F}%)"
        ),
        ({ $0.cache?.points[3].intervals = .one("lru", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.cache?.points[3].intervals = .one("belady", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.cache?.points[3].intervals = .one("pinned", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.cache?.reuseDistances[1].interval = $1 }, "(12 to 98\u{202F}%)"),
        ({ $0.cache?.workingSet[1].interval = $1 }, "(12 to 98\u{202F}%)"),
        ({ $0.cache?.hotSet.intervals = .one("half", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.cache?.hotSet.intervals = .one("eighty", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.cache?.hotSet.intervals = .one("ninety", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.cache?.hotSet.intervals = .one("busiestTenth", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.cache?.hotSet.intervals = .one("busiestTenthLater", $1) }, "(12 to 98\u{202F}%)"),
        ({ $0.drift?.windows[1].interval = $1 }, "(0.1234 to 0.9766)"),
    ]

    @Test(arguments: places.indices) func `every interval is in a table`(_ place: Int) {
        var report = Self.plain
        let (set, text) = Self.places[place]
        set(&report, Interval(low: 0.1234, high: 0.9766))
        #expect(ReportPage(report).html.contains("<small> \(text)</small>"))
    }

    @Test func `an expert's load has its interval where one points at it`() {
        var report = ReportSample(layers: 1, experts: 4, topK: 1, isRich: false, loads: [[30, 10, 0, 0]]).report
        report.layers[0].intervals.load = [(25, 35), (5, 15), (0, 0), (0, 0)].map { Interval(low: $0, high: $1) }
        // Ten visits are the fair share.
        let html = ReportPage(report).html
        #expect(html.contains("<title>layer 0, expert 0: 3.00 (2.50 to 3.50)</title>"))
        #expect(html.contains("<td>1.00<small> (0.50 to 1.50)</small></td>"))
    }

    @Test func `curves of learning have theirs, step by step`() throws {
        let report = ReportSample(layers: 2).report
        let html = ReportPage(report).html
        for title in [
            "Saturation", "Fluctuation", "Settled tokens", "Balance while learning", "Training and generation",
            "Dropped while training",
        ] {
            #expect(html.contains("<caption>\(title) (with 95 % confidence)</caption>"))
        }
        // Half of the ranks' 2 % and 20 %, from 94 % of it to 107 %.
        #expect(html.contains("<td>11\u{202F}%<small> (10 to 12\u{202F}%)</small></td>"))
    }

    @Test func `charts draw them and say so`() {
        let with = ReportPage(ReportSample.rich.report).html
        #expect(with.components(separatedBy: "vertical lines: 95 % confidence</li>").count > 12)
        #expect(with.contains("<path class=\"confidence color0\" d=\"M"))
        #expect(with.contains("<line class=\"confidence bars\""))
        // Confidences of the gate: 0.55 and 0.8, from 94 % of that to 107 %.
        #expect(
            with.contains("confidence from 0.55 (0.517 to 0.5885) to 0.8 (0.752 to 0.856)"))
        #expect(with.contains("In parentheses: 95 % confidence"))
    }

    @Test func `a report without any is a page without any`() throws {
        let html = ReportPage(Self.plain).html
        let measured = try #require(html.components(separatedBy: "id=\"words\"").first)
        let body = try #require(measured.components(separatedBy: "</style>").last)
        for mark in ["95 %", "class=\"confidence", "shaded\"", "<small>"] { #expect(!body.contains(mark), "\(mark)") }
        #expect(!ReportText(Self.plain, width: 100, usesColor: false).text.contains("95 % confidence"))
    }

    @Test func `an interval that reads as the number alone says nothing more`() {
        var report = Self.plain
        report.layers[1].cv = 0.25
        report.layers[1].intervals.cv = Interval(low: 0.25, high: 0.2501)
        #expect(!ReportPage(report).html.contains("<small>"))
        report.layers[1].intervals.cv = Interval(low: 0.25, high: 0.26)
        #expect(ReportPage(report).html.contains("<td>0.250<small> (0.250 to 0.260)</small></td>"))
    }

    @Test func `a terminal has those of the hit rates and of the recall`() {
        var report = Self.plain
        for place in report.cache?.points.indices ?? 0..<0 {
            report.cache?.points[place].intervals = .one("lru", Interval(low: 0.12, high: 0.34))
        }
        for place in report.transitions.indices {
            report.transitions[place].intervals = .one("recall", Interval(low: 0.4, high: 0.6))
        }
        let lines = ReportText(report, width: 100, usesColor: false).lines
        let place = lines.firstIndex { $0.contains("hits, least recently used") } ?? 0
        #expect(lines[place + 1].hasPrefix("  95 % confidence") && lines[place + 1].contains("12–34 %"))
        #expect(lines.contains { $0.contains("48 % (40 to 60 %) of its visits guessed") })
        for place in report.cache?.points.indices ?? 0..<0 {
            report.cache?.points[place].intervals = .one("lru", Interval(low: 0.5, high: 0.5001))
        }
        #expect(!ReportText(report, width: 100, usesColor: false).text.contains("95 % confidence"))
    }

    @Test(arguments: [1e308, 1e20, 0]) func `intervals beyond measure make a page and a text all the same`(
        _ end: Double
    ) throws {
        let report = try ReportSample.rich.report.with(Interval(low: -end, high: end))
        try report.check()
        for other in [nil, ReportSample.collapsed.report] {
            let html = ReportPage(report, against: other).html
            for none in ["nan", "inf"] { for mark in [" ", ",", "\""] { #expect(!html.contains("\(mark)\(none)\"")) } }
            #expect(ReportText(report, against: other, width: 80, usesColor: false).lines.count > 10)
        }
        #expect(!Finding.all(of: report).isEmpty)
    }

    @Test func `with two reports everything is of both`() {
        var other = ReportSample.collapsed.report
        other.cache?.reuseDistances[3].requests = 123_457
        other.vocabulary?.distinctTokens = 4321
        let html = ReportPage(ReportSample.rich.report, against: other).html
        for caption in [
            "Requests by reuse distance", "Working set", "Hit rates by the experts that fit", "Expert and token read",
            "Mutual information of expert and domain", "Share over the mean share of all domains", "The gate",
            "Guesses that were right", "Share turned away", "Stretches of the trace", "Saturation",
        ] {
            for model in ["sample-moe", "sample-moe-b"] { #expect(html.contains("<caption>\(caption), \(model)")) }
        }
        #expect(html.contains("In sample-moe-b most often after 8 to 15 other experts"))
        #expect(html.contains("of its visits on average, over 4,321 different tokens."))
        #expect(html.contains("<h3>Domains in layer 4, sample-moe-b</h3>"))
        #expect(html.contains("class=\"bar other strong\"") && html.contains("The other layers, sample-moe-b"))
    }

    @Test func `what only the other report tells is shown`() {
        let html = ReportPage(ReportSample.poor.report, against: ReportSample.rich.report).html
        #expect(html.contains("<h3>Domains in layer 5, the other run</h3>") && html.contains("id=\"tokens\""))
    }
}

extension Decodable {
    /// One of a struct's intervals alone.
    fileprivate static func one(_ name: String, _ interval: Interval) -> Self? {
        try? JSONDecoder().decode(Self.self, from: JSONEncoder().encode([name: interval]))
    }
}

extension AcrossLayers.Percentiles.Intervals {
    fileprivate static func same(_ interval: Interval) -> Self? {
        let names = ["p50", "p75", "p90", "p95", "min", "max"]
        let all = Dictionary(uniqueKeysWithValues: names.map { ($0, interval) })
        return try? JSONDecoder().decode(Self.self, from: JSONEncoder().encode(all))
    }
}

extension RoutingReport {
    /// The same with another interval in every place that has one.
    fileprivate func with(_ interval: Interval) throws -> RoutingReport {
        func replaced(_ value: Any) -> Any {
            switch value {
            case let list as [Any]: return list.map(replaced)
            case let named as [String: Any]:
                return Set(named.keys) == ["low", "high"]
                    ? ["low": interval.low, "high": interval.high] : named.mapValues(replaced)
            default: return value
            }
        }
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(self))
        return try JSONDecoder().decode(
            RoutingReport.self, from: JSONSerialization.data(withJSONObject: replaced(json)))
    }
}
