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

    @Test(arguments: [(0.0, "0"), (1234.0, "1234"), (0.123456, "0.1235"), (12.3456, "12.35"), (-0.5, "-0.5")])
    func `numbers have four digits`(_ number: Double, _ text: String) {
        #expect(number.short == text)
    }
}
