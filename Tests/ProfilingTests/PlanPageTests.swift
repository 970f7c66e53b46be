import Foundation
import Profiling
import Testing

@Suite struct PlanPageTests {
    private static let pages: [(name: String, html: String)] = [
        ("sweep", PlanPage(PlanSample.sweep.report).html), ("layers", PlanPage(PlanSample.layers).html),
        ("wide", PlanPage(PlanSample.wide.report).html), ("single", PlanPage(PlanSample.single.report).html),
        ("hostile", PlanPage(PlanSample.hostile.report).html),
        ("unmeasured", PlanPage(PlanSample.unmeasured.report).html), ("empty", PlanPage(PlanSample.empty).html),
    ]

    @Test(arguments: pages) func `a page is whole and needs nothing from elsewhere`(
        _ page: (name: String, html: String)
    ) {
        #expect(Markup(page.html).errors.isEmpty)
        for forbidden in ["http", "src=", "<script", "@import", "url(", "javascript:", " onload", "<iframe", "<object"]
        {
            #expect(!page.html.contains(forbidden), "\(forbidden)")
        }
    }

    @Test(arguments: pages) func `every chart has marks, and says in numbers what it shows`(
        _ page: (name: String, html: String)
    ) {
        for svg in Markup(page.html).elements where svg.name == "svg" {
            let has = ["<rect", "<path", "<circle", "<line"].contains { svg.contents.contains($0) }
            #expect(has, "\(svg.attributes)")
            for none in ["nan", "inf"] {
                for mark in [" ", ",", "\""] { #expect(!svg.contents.contains("\(mark)\(none)\"")) }
            }
            if svg.attributes.contains("aria-hidden=\"true\"") { continue }
            let name = svg.attributes.components(separatedBy: "aria-label=\"").last ?? ""
            let saysNumbers = name.contains { $0.isNumber }
            #expect(saysNumbers && svg.attributes.contains("role=\"img\""), "\(svg.attributes)")
        }
    }

    @Test(arguments: pages) func `headings skip no level, and places have names of their own`(
        _ page: (name: String, html: String)
    ) {
        let levels = page.html.components(separatedBy: "<h").dropFirst().compactMap { $0.first?.wholeNumberValue }
        #expect(levels.first == 1)
        for (level, next) in zip(levels, levels.dropFirst()) { #expect(next <= level + 1) }
        let ids = page.html.components(separatedBy: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(Set(ids).count == ids.count)
    }

    @Test func `names cannot become markup`() {
        let html = PlanPage(PlanSample.hostile.report).html
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"))
        #expect(html.contains("&lt;i&gt;model&lt;/i&gt;") && html.contains("&quot;&gt;&lt;b&gt;&amp;"))
        #expect(!html.contains("<b>") && !html.contains("<i>") && !html.unicodeScalars.contains("\u{202E}"))
    }

    @Test func `sentences are made of the numbers`() {
        let html = PlanPage(PlanSample.sweep.report).html
        #expect(html.contains("Tiles is the fastest for 40 of 40\u{A0}loads."))
        #expect(html.contains("Always tiles takes 0\u{202F}% longer than the fastest of each load"))
        // Off by 2, 3, 15 and 0 % in turns, all but those of 15 % within 10 %.
        #expect(html.contains("off by 5.0\u{202F}% on average, and 120 of 160 within 10\u{202F}%"))
        // Tiles are predicted to take 0.97 of what rows take at 1.05 · 1.02.
        #expect(html.contains("Right for 40 of 40\u{A0}loads"))
    }

    @Test func `a wrong prediction costs what the strategy takes beyond the fastest`() {
        // Tiles are predicted to take 1.2, rows 1.05 · 0.9 and take 1.05.
        let report = PlanSample(rows: ["0"], columns: [8], names: ["rows", "tiles"], errors: [-0.1, 0.2]).report
        let html = PlanPage(report).html
        #expect(
            html.contains("Right for 0 of 1\u{A0}load; it takes 5.0\u{202F}% longer than the fastest on average")
        )
        #expect(html.contains("rows, takes 5.0\u{202F}% longer than the fastest"))
    }

    @Test func `every load and constant has a line`() {
        let html = PlanPage(PlanSample.sweep.report).html
        let table = Markup(html).elements.filter { $0.name == "table" && $0.contents.contains("experts visited") }
        #expect(table.first?.contents.components(separatedBy: "<tr>").count == 42)
        // 8 tokens by rows: 8.4 ms, predicted 2 % more.
        #expect(table.first?.contents.contains("<td>8.57 / 8.40</td>") == true)
        #expect(html.contains("<th scope=\"row\">memory read by one thread</th><td>11.0 GB/s</td>"))
    }

    @Test func `what repeated measurements leave open is pale and said`() {
        let html = PlanPage(PlanSample.wide.report).html
        #expect(html.contains("repeated measurements differ by more than 10\u{202F}%</li>"))
        #expect(html.contains("tiles, rows takes 5.0\u{202F}% longer, which may be chance"))
        #expect(html.contains(" ± 20\u{202F}%"))
        #expect(!PlanPage(PlanSample.sweep.report).html.contains(", which may be chance"))
    }

    @Test func `what was not measured is not judged`() {
        let html = PlanPage(PlanSample.unmeasured.report).html
        #expect(html.contains("<p class=\"verdict\">No load was measured.</p>"))
        #expect(!html.contains("id=\"fastest\"") && !html.contains("id=\"predictions\""))
        #expect(html.contains("<td>1.07 / –</td>"))
    }

    @Test func `loads of one place count as one after the other`() {
        var report = PlanSample(rows: ["0"], columns: [1, 3]).report
        for index in report.loads.indices { report.loads[index].column = "some" }
        let load = report.load(row: "0", column: "some")
        #expect(load?.tokens == 4)
        #expect(abs((load?.measured.first?.measured ?? 0) - 4e-3) < 1e-12)
    }

    @Test func `layers have their phases, and strategies are told by name`() {
        let html = PlanPage(PlanSample.layers).html
        #expect(html.contains("<title>layer 47 shared, phase decode: tiles, rows takes 5.0\u{202F}% longer</title>"))
        #expect(html.contains("tiles, 5\u{202F}%</text>"))
    }
}
