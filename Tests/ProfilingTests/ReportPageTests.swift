import Foundation
import Profiling
import Testing

@Suite struct ReportPageTests {
    private static let pages: [(name: String, html: String)] = [
        ("rich", ReportPage(ReportSample.rich.report).html),
        ("big", ReportPage(ReportSample.big.report).html),
        ("poor", ReportPage(ReportSample.poor.report).html),
        ("hostile", ReportPage(ReportSample.hostile.report).html),
        ("empty", ReportPage(ReportSample.empty.report).html),
        ("two", ReportPage(ReportSample.rich.report, against: ReportSample.collapsed.report).html),
        ("two the other way", ReportPage(ReportSample.collapsed.report, against: ReportSample.rich.report).html),
        ("rich against poor", ReportPage(ReportSample.rich.report, against: ReportSample.poor.report).html),
        ("poor against hostile", ReportPage(ReportSample.poor.report, against: ReportSample.hostile.report).html),
        ("rich against nothing", ReportPage(ReportSample.rich.report, against: ReportSample.empty.report).html),
    ]

    @Test(arguments: pages) func `every tag is closed`(_ page: (name: String, html: String)) {
        #expect(Markup(page.html).errors.isEmpty)
    }

    @Test func `a name cannot turn around what stands beside it`() {
        let name = "a\u{202E}b\u{2067}c\u{9B}d\u{1B}e\tf<&\u{202F}é👩‍👧"
        #expect(name.escapedForHTML == "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e f&lt;&amp;\u{202F}é👩‍👧")
        var report = ReportSample.rich.report
        report.source.model = "m\u{202E}"
        #expect(!ReportPage(report).html.unicodeScalars.contains("\u{202E}"))
    }

    @Test(arguments: pages) func `nothing comes from elsewhere and nothing runs`(_ page: (name: String, html: String)) {
        for forbidden in ["http", "src=", "<script", "@import", "url(", "javascript:", " onload", "<iframe", "<object"]
        {
            #expect(!page.html.contains(forbidden), "\(forbidden)")
        }
    }

    @Test(arguments: pages) func `every chart has marks and says what it shows`(_ page: (name: String, html: String)) {
        for svg in Markup(page.html).elements.filter({ $0.name == "svg" }) {
            let marks = ["<rect", "<path", "<circle", "<line", "<polyline", "<polygon"]
            let has = marks.contains { svg.contents.contains($0) }
            #expect(has, "\(svg.attributes)")
            if svg.attributes.contains("aria-hidden=\"true\"") { continue }
            #expect(svg.attributes.contains("role=\"img\""))
            let name = svg.attributes.components(separatedBy: "aria-label=\"").last ?? ""
            let saysNumbers = name.prefix { $0 != "\"" }.contains { $0.isNumber }
            #expect(saysNumbers, "\(svg.attributes)")
        }
    }

    @Test(arguments: pages) func `no place in a drawing is without a number`(_ page: (name: String, html: String)) {
        for svg in Markup(page.html).elements.filter({ $0.name == "svg" }) {
            for none in ["nan", "inf"] {
                for mark in [" ", ",", "\""] { #expect(!svg.contents.contains("\(mark)\(none)\"")) }
            }
        }
    }

    @Test(arguments: pages) func `headings skip no level and tables have captions`(_ page: (name: String, html: String))
    {
        var level = 0
        for heading in page.html.components(separatedBy: "<h").dropFirst() {
            guard let next = heading.first?.wholeNumberValue else { continue }
            #expect(next <= level + 1)
            level = next
        }
        let elements = Markup(page.html).elements
        for table in elements.filter({ $0.name == "table" }) {
            #expect(table.contents.hasPrefix("<caption>") && table.contents.contains("scope=\"col\""))
        }
        for region in elements.filter({ $0.attributes.contains("role=\"region\"") }) {
            #expect(region.attributes.contains("tabindex=\"0\"") && region.attributes.contains("aria-label="))
        }
    }

    @Test(arguments: pages) func `places have names of their own and links lead to them`(
        _ page: (name: String, html: String)
    ) {
        func values(_ attribute: String) -> [Substring] {
            page.html.components(separatedBy: attribute + "=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        }
        let ids = values(" id")
        #expect(Set(ids).count == ids.count)
        for link in values("href") where link.hasPrefix("#") { #expect(ids.contains(link.dropFirst())) }
    }

    @Test func `names cannot become markup`() {
        let html = ReportPage(ReportSample.hostile.report).html
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"))
        #expect(!html.contains("<b>") && !html.contains("<i>") && !html.contains("\u{1B}"))
    }

    @Test func `the same report makes the same page`() {
        #expect(ReportPage(ReportSample.rich.report).html == ReportPage(ReportSample.rich.report).html)
    }

    @Test func `48 layers of 128 experts stay below one and a half megabytes`() {
        #expect(ReportPage(ReportSample.big.report).html.utf8.count < 1_500_000)
    }

    @Test func `512 experts share columns`() {
        let html = ReportPage(ReportSample(layers: 4, experts: 512, topK: 8, isRich: false).report).html
        #expect(html.contains("Neighboring experts share a column"))
        #expect(html.contains("4 rows (layer), 256 columns (expert)"))
    }

    @Test func `sentences are made of the numbers`() {
        let sample = ReportSample(
            layers: 2, experts: 4, topK: 1, isRich: false, loads: [[10, 10, 10, 10], [30, 10, 0, 0]])
        let html = ReportPage(sample.report).html
        // 30 of 40 visits are 3 times the fair share of 10.
        #expect(html.contains("Layer 1&#39;s busiest expert does 3.00 times its fair share"))
        #expect(html.contains("in the other layers none exceeds 1.00. Idle: 2 of 8."))
        // The busiest of 4 has a quarter and three quarters.
        #expect(html.contains("The busiest expert has 50\u{202F}% of a layer&#39;s visits on average"))
        #expect(html.contains("<title>layer 1, expert 0: 3.00</title>"))
    }

    @Test func `without intervals nobody is certain of the busiest expert`() {
        let sample = ReportSample(layers: 1, experts: 4, topK: 1, isRich: false, loads: [[30, 10, 0, 0]])
        let html = ReportPage(sample.report).html
        #expect(html.contains("There are too few tokens to say how certain the busiest expert&#39;s load is."))
        #expect(!html.contains("than chance would have it, with 95"))
        #expect(ReportPage(ReportSample.rich.report).html.contains("than chance would have it, with 95"))
    }

    @Test func `a rare expert is no specialist`() {
        var report = ReportSample(layers: 1, experts: 3, domains: ["prose", "code"]).report
        // The single token of expert 2 is of code: twice the mean share. Expert 1 sees 90 % of it against 50 %.
        report.domains?.layers[0].load = [[500, 500, 0], [99, 900, 1]]
        let html = ReportPage(report).html
        #expect(html.contains("Most telling: expert 0 sees 1.67 times as much of prose as of a domain on average."))
        report.domains?.layers[0].load = [[5, 5, 0], [5, 5, 0]]
        #expect(ReportPage(report).html.contains("No expert sees more of one domain than of another."))
    }

    @Test func `a step at which nothing was dropped counts`() {
        var report = ReportSample(layers: 1).report
        report.learning?.layers[0].dropRates[0] = []
        #expect(ReportPage(report).html.contains("Capacities turn away 0\u{202F}% of the choices at first and"))
        let none = report.learning?.steps.map { _ in [Double]() } ?? []
        report.learning?.layers[0].dropRates = none
        #expect(!ReportPage(report).html.contains("Dropped while training"))
    }

    @Test func `a quarter of three experts is not spoken of`() {
        var report = ReportSample(layers: 1).report
        #expect(ReportPage(report).html.contains("id=\"cache\""))
        report.cache?.experts = 3
        #expect(!ReportPage(report).html.contains("id=\"cache\""))
    }

    @Test func `a cache that gains nothing is not praised`() {
        var report = ReportSample(layers: 1, hasIntervals: false).report
        #expect(ReportPage(report).html.contains("A cache gains most at"))
        for point in report.cache?.points.indices ?? 0..<0 { report.cache?.points[point].lru = 0 }
        for bucket in report.cache?.reuseDistances.indices ?? 0..<0 {
            report.cache?.reuseDistances[bucket].requests = bucket == 0 ? 63 : 1
        }
        let html = ReportPage(report).html
        #expect(html.contains("At no size does a cache serve more than its share of the experts."))
        #expect(html.contains("Most often after one other expert: 90\u{202F}% of the requests"))
    }

    @Test func `a collapsed layer is named in the first sentence`() {
        let html = ReportPage(ReportSample.collapsed.report).html
        #expect(html.contains("<p class=\"verdict\">1 of 5 layers collapsed onto few experts: 2.</p>"))
    }

    @Test(arguments: ["Dropped choices", "Guessed experts", "Hot set", "Agreement", "Idle experts", "95 % confidence"])
    func `measures are defined at the foot of the page`(_ name: String) {
        let words = ReportPage(ReportSample.rich.report).html.components(separatedBy: "id=\"words\"").last ?? ""
        #expect(words.contains("<dt>\(name)"))
    }

    @Test func `two reports are told apart and their differences are said`() {
        let first = ReportSample(layers: 1, experts: 2, topK: 1, isRich: false, loads: [[15, 5]])
        let second = ReportSample(layers: 1, experts: 2, topK: 1, isRich: false, loads: [[10, 10]])
        let html = ReportPage(first.report, against: second.report).html
        #expect(html.contains("Routing of sample-moe, two runs"))
        // 1.5 times the fair share against 1.
        #expect(html.contains("against 1.00: +0.50"))
        #expect(html.contains("<td>1.50</td><td>1.00</td><td>+0.50</td>"))
    }

    @Test func `what a trace does not tell is said`() {
        let html = ReportPage(ReportSample.poor.report).html
        #expect(html.contains("The trace tells no weights or scores"))
        #expect(html.contains("No two kinds of text are told apart here"))
        #expect(!html.contains("id=\"cache\"") && !html.contains("id=\"learning\""))
    }
}
