import Foundation
import Profiling
import Testing

@Suite struct LineChartTests {
    private let chart = LineChart(
        title: "Loss <now>", xLabel: "steps", yLabel: "nats",
        series: [
            .init(name: "a & b", points: [(0, 3), (100, 1)]),
            .init(name: "flat", points: [(0, 2), (50, .nan), (100, 2)]),
        ])

    @Test func `every series has a curve and a name in the legend`() {
        #expect(chart.html.components(separatedBy: "<polyline").count == 3)
        #expect(chart.html.contains("a &amp; b</li>"))
    }

    @Test func `the text alternative says where each curve begins and ends`() {
        #expect(chart.html.contains("a &amp; b from 3 to 1; flat from 2 to 2"))
    }

    @Test func `names cannot become markup`() {
        #expect(chart.html.contains("Loss &lt;now&gt;") && !chart.html.contains("<now>"))
    }

    @Test func `numbers that are none are left out`() {
        #expect(!chart.html.contains("nan"))
    }

    @Test func `a chart without points has axes all the same`() {
        let empty = LineChart(title: "Nothing", xLabel: "x", yLabel: "y", series: [.init(name: "none", points: [])])
        #expect(empty.html.contains("class=\"grid\""))
    }

    /// A curve of as many points at 10, each from 8 to 13.
    private func certain(_ points: Int, series: Int = 1) -> LineChart {
        let places = (0..<points).map(Double.init)
        var one = LineChart.Series(name: "one", points: places.map { ($0, 10) })
        one.whiskers = places.map { ($0, 8, 13) }
        return LineChart(title: "t", xLabel: "x", yLabel: "y", series: Array(repeating: one, count: series))
    }

    @Test func `a vertical line at each point says how certain it is`() {
        let html = certain(3).html
        let path = html.components(separatedBy: "<path class=\"confidence color0\" d=\"").last?.prefix { $0 != "\"" }
        #expect(path?.filter { $0 == "V" }.count == 3)
        let marks = html.components(separatedBy: "class=\"").map { $0.prefix { $0 != "\"" } }
        let places = ["confidence color0", "curve color0"].map { marks.firstIndex(of: $0[...]) ?? -1 }
        #expect(places == places.sorted() && places[0] > 0, "lines lie behind the curve")
        #expect(html.contains("vertical lines: 95 % confidence</li>"))
        #expect(html.contains("one from 10 (8 to 13) to 10 (8 to 13). In parentheses: 95 % confidence"))
        // The axis goes from 8 to 13, from the bottom at 222 to the top at 10.
        #expect(html.contains(">8</text>") && html.contains(">13</text>") && html.contains(" 222V10"))
    }

    @Test func `many points have a shade, many curves of many points the table alone`() {
        #expect(certain(24).html.contains("class=\"confidence color0\""))
        let shaded = certain(25).html
        #expect(shaded.contains("<polygon class=\"color0 shaded\"") && shaded.contains("shades: 95 % confidence</li>"))
        #expect(!shaded.contains("class=\"confidence"))
        let many = certain(25, series: 5).html
        #expect(!many.contains("shaded\"") && !many.contains("95 % confidence</li>"))
        #expect(many.contains("In parentheses: 95 % confidence"))
    }

    @Test func `lines of several curves stand beside each other`() {
        let html = certain(1, series: 2).html
        let places = html.components(separatedBy: "<path class=\"confidence").dropFirst()
            .compactMap { $0.components(separatedBy: "d=\"M").last }.map { $0.prefix { $0 != " " } }
        #expect(Set(places).count == places.count && places.count == 2)
    }

    @Test func `ends beyond measure are drawn nowhere`() {
        var chart = certain(2)
        chart.series[0].whiskers = [(0, -1e308, 1e308), (1, 9, 11)]
        #expect(!chart.html.contains("nan") && !chart.html.contains("inf"))
        let path = chart.html.components(separatedBy: "color0\" d=\"").dropFirst().first?.prefix { $0 != "\"" }
        #expect(path?.allSatisfy { $0.isNumber || " MV.".contains($0) } == true)
    }

    @Test(arguments: [(0.0, "0"), (1234.0, "1234"), (0.123456, "0.1235"), (12.3456, "12.35"), (-0.5, "-0.5")])
    func `numbers have four digits`(_ number: Double, _ text: String) {
        #expect(number.short == text)
    }
}
