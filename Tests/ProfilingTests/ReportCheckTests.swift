import Profiling
import Testing

@Suite struct ReportCheckTests {
    @Test func `reports that were measured or made up agree with themselves`() throws {
        for sample in [ReportSample.rich, .big, .poor, .hostile, .collapsed, .empty] { try sample.report.check() }
        try RoutingReport(.random(experts: 6, topK: 2, layers: 2, texts: 4, tokensPerText: 20), kind: "trace").check()
    }

    static let damages: [@Sendable (inout RoutingReport) -> Void] = [
        { $0.layers[0].load[0] = -1 }, { $0.layers[0].load = [] }, { $0.layers[1].load[0] = .max },
        { $0.layers[1].promptLoad = [1] }, { $0.layers[1].deadExperts = .max }, { $0.source.topK = 0 },
        { $0.layers[2].coActivation?.allPairs.counts?[0] = [] },
        { $0.layers[2].coActivation?.allPairs.counts?.removeLast() }, { $0.domains?.layers[0].load[0].removeLast() },
        { $0.domains?.names.removeLast() }, { $0.transitions[0].counts?[1] = [] },
        { $0.cache?.reuseDistances[0].from = .max }, { $0.cache?.experts = -1 }, { $0.learning?.steps[0] = .min },
        { $0.drift?.windows[0].firstToken = -1 }, { $0.layers[0].intervals.load?.removeLast() },
    ]

    @Test(arguments: damages.indices) func `a report that contradicts itself is refused`(_ damage: Int) {
        var report = ReportSample.rich.report
        Self.damages[damage](&report)
        #expect(throws: ProfilingError.self) { try report.check() }
    }

    @Test func `numbers beyond measure make a page and a text all the same`() throws {
        var report = ReportSample.rich.report
        for number in [1e308, -1e308, 1e20, 1e-300] {
            report.layers[0].maxOverMean = number
            report.layers[1].intervals.maxOverMean = Interval(low: -number, high: number)
            report.layers[2].chance.maxOverMean = number
            report.layers[3].gate?.confidence = number
            report.drift?.windows[0].divergence = number
            report.cache?.points[0].lru = number
            report.cache?.points[0].share = number
            report.cache?.expertBytes = number
            report.cache?.workingSet[0].share = number
            report.transitions[0].recall = number
            report.learning?.layers[0].saturation = [number]
            report.learning?.layers[1].maxOverMean = []
            try report.check()
            #expect(!ReportPage(report, against: ReportSample.poor.report).html.contains("\"nan\""))
            #expect(ReportText(report, width: 80, usesColor: true).lines.count > 10)
        }
    }
}
