import Profiling
import Testing

@Suite struct FindingsTests {
    private func found(_ kind: String, in report: RoutingReport) -> Finding? {
        Finding.all(of: report).first { $0.kind == kind }
    }

    /// Layers with these loads, where chance alone would give an even one.
    private func report(_ loads: [[Int]], topK: Int = 1) -> RoutingReport {
        var report = ReportSample(
            layers: loads.count, experts: loads[0].count, topK: topK, isRich: false, loads: loads
        ).report
        for layer in report.layers.indices { report.layers[layer].chance.maxOverMean = 1 }
        report.acrossLayers = AcrossLayers(report.layers)
        return report
    }

    @Test func `experts without a token are a finding of their own, and the others share evenly`() throws {
        let uneven = report([[4000, 4000, 4000, 4000], [5000, 0, 5500, 5500]])
        let idle = try #require(found("idle", in: uneven))
        #expect(idle.headline == "1 of 8 experts had no token at all" && idle.severity == .notice)
        #expect(idle.detail.hasPrefix("Most in layer 1, 1 of 4;"))
        let balance = try #require(found("balance", in: uneven))
        #expect(balance.headline.hasPrefix("The experts that work share it evenly: the busiest has at most 1.38 times"))

        let even = report([[4000, 4000, 4000, 4000], [3000, 5000, 4000, 4000]])
        #expect(found("idle", in: even) == nil)
        #expect(
            found("balance", in: even)?.headline
                == "The experts share the work evenly: the busiest has at most 1.25 times the mean")
        #expect(found("idle", in: report([[9, 0, 10, 11]])) == nil, "so few tokens leave one idle by chance")
    }

    @Test func `the greatest load is named though another layer is further from chance`() throws {
        var even = report([[5600, 4400, 4000, 2000], [5500, 4500, 4000, 2000]])
        even.layers[0].chance.maxOverMean = 1.2
        #expect(found("balance", in: even)?.headline.contains("at most 1.40 times") == true)
    }

    @Test func `so few tokens that chance is uneven are not called even`() throws {
        var few = report([[6, 2, 1, 1]])
        few.layers[0].chance.maxOverMean = 1.8
        #expect(found("balance", in: few)?.headline.hasPrefix("Hardly more uneven than chance makes so few") == true)
    }

    /// Ninety layers, some of which one in a hundred shuffled labelings reaches.
    private func specialization(significant: Int, of layers: Int, information: Double) throws -> Finding {
        var report = ReportSample(layers: 1, isRich: false).report
        report.domains = DomainReport(
            .random(experts: 4, topK: 1, layers: layers, texts: 2, tokensPerText: 8, domains: ["a", "b"]))
        for layer in 0..<layers {
            let isSignificant = layer < significant
            report.domains?.layers[layer].information.mutualInformation = isSignificant ? information : 0.01
            report.domains?.layers[layer].information.shuffledMean = 0.01
            report.domains?.layers[layer].information.shuffledHigh = 0.02
            report.domains?.layers[layer].information.pValue = isSignificant ? 0.01 : 0.5
        }
        return try #require(found("specialization", in: report))
    }

    @Test func `one in a hundred shuffled labelings is no specialization in one of ninety layers`() throws {
        let chance = try specialization(significant: 1, of: 90, information: 0.021)
        #expect(chance.severity == .fine && chance.headline == "Experts tell no more of domains than by chance")
        #expect(try specialization(significant: 4, of: 90, information: 0.021).severity == .notice)
        #expect(try specialization(significant: 1, of: 90, information: 0.04).severity == .notice)
        let single = try specialization(significant: 1, of: 1, information: 0.021)
        #expect(single.headline == "Experts specialize by domain in 1 of 1 layers, most in layer 0")
    }

    @Test(arguments: [(1, 4, false), (2, 4, true), (2, 8, false), (3, 8, true)])
    func `loads drift when more than a quarter of the windows do`(_ moved: Int, _ windows: Int, _ drifts: Bool) throws {
        var report = ReportSample(layers: 1).report
        let window = try #require(report.drift?.windows.first)
        report.drift?.windows = (0..<windows).map { place in
            var window = window
            window.divergence = place < moved ? 1 : 0
            return window
        }
        #expect(found("drift", in: report)?.severity == (drifts ? .notice : .fine))
    }

    @Test func `a cache is as large as is said`() throws {
        var report = ReportSample(layers: 1, hasIntervals: false).report
        let point = try #require(report.cache?.points.first)
        report.cache?.points = [0.5, 1].map { share in
            var point = point
            (point.share, point.lru) = (share, share)
            return point
        }
        report.cache?.hotSet.busiestTenthLater = 0.1
        let finding = try #require(found("hot_set", in: report))
        #expect(finding.headline == "No hot set worth caching: 50\u{202F}% of the experts in memory hit 50\u{202F}%")
    }

    @Test func `a verdict is no stronger than its interval`() throws {
        var report = ReportSample(layers: 2).report
        report.cache?.hotSet.busiestTenthLater = 0.3
        report.transitions[0].recall = 0.5
        report.transitions[0].popularityRecall = 0.3
        report.transitions[0].intervals?.gain = Interval(low: 0.01, high: 0.3)
        report.cache?.hotSet.intervals?.busiestTenthLater = Interval(low: 0.11, high: 0.5)
        #expect(found("transitions", in: report)?.severity == .notice)
        #expect(found("hot_set", in: report)?.headline.hasPrefix("There is a hot set worth caching") == true)

        report.transitions[0].intervals?.gain = Interval(low: 0, high: 0.4)
        report.cache?.hotSet.intervals?.busiestTenthLater = Interval(low: 0.1, high: 0.5)
        let transitions = try #require(found("transitions", in: report))
        #expect(transitions.severity == .fine && transitions.headline.hasPrefix("So few tokens do not tell"))
        #expect(transitions.detail.hasSuffix("popularity is 20\u{202F}% (0 to 40\u{202F}%)."))
        let hot = try #require(found("hot_set", in: report))
        #expect(hot.headline.hasPrefix("So few tokens do not tell whether there is a hot set"))
        #expect(hot.headline.hasSuffix("has 30\u{202F}% (10 to 50\u{202F}%) of the visits"))
    }

    @Test func `an imbalance that might be chance is no alarm`() {
        var uneven = report([[13_000, 1000, 1000, 1000]])
        #expect(found("imbalance", in: uneven)?.severity == .alarm)
        uneven.layers[0].intervals.maxOverMean = Interval(low: 1.4, high: 4)
        #expect(found("imbalance", in: uneven)?.severity == .notice)
        #expect(found("imbalance", in: uneven)?.detail.hasPrefix("3.25 times the mean there (1.40 to 4.00)") == true)
    }

    @Test func `pairs come together only where that is certain`() {
        var report = ReportSample(layers: 1).report
        #expect(found("co_activation", in: report)?.headline.contains("2.9 (2.7 to 3.1) times") == true)
        for place in 0..<4 {
            report.layers[0].coActivation?.allPairs.top[place].intervals?.lift = Interval(low: 1, high: 4)
        }
        #expect(found("co_activation", in: report) == nil)
    }

    @Test func `a difference within the intervals may be one`() throws {
        var (first, second) = (report([[3000, 5000], [3000, 5000]]), report([[4000, 4000], [4000, 4000]]))
        let certain = try #require(second.compared(to: first).findings.first { $0.kind == "comparison" })
        #expect(certain.headline.contains(" shares its work more evenly"))
        let both = ReportSample.rich.report.acrossLayers?.maxOverMean.intervals
        first.acrossLayers?.maxOverMean.intervals = both
        second.acrossLayers?.maxOverMean.intervals = both
        let uncertain = try #require(second.compared(to: first).findings.first { $0.kind == "comparison" })
        #expect(uncertain.headline.contains(" may share its work more evenly"))
    }

    @Test func `the interval of a mean over layers is the mean of theirs`() {
        var report = ReportSample(layers: 2).report
        for (layer, ends) in [(0.1, 0.3), (0.3, 0.5)].enumerated() {
            report.learning?.layers[layer].fluctuation = [0.3]
            report.learning?.layers[layer].intervals?.fluctuation = [Interval(low: ends.0, high: ends.1)]
        }
        #expect(found("fluctuation", in: report)?.headline.contains("30\u{202F}% (20 to 40\u{202F}%)") == true)
    }

    @Test func `a run without experts says nothing of its routes`() throws {
        var report = ReportSample(layers: 1).report
        report.learning?.layers = []
        #expect(found("fluctuation", in: report) == nil)
    }
}
