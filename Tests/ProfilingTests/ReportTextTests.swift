import Foundation
import Profiling
import Testing

@Suite struct ReportTextTests {
    private static let samples = [
        ReportSample.rich, .big, .poor, .hostile, .collapsed, .empty, ReportSample(layers: 1, experts: 64, topK: 8),
        ReportSample(layers: 60, experts: 512, topK: 8, isRich: false),
    ].map(\.report)

    @Test(arguments: [60, 72, 80, 100, 120]) func `no line is wider than the terminal`(_ width: Int) {
        for report in Self.samples {
            for other in [nil, ReportSample.hostile.report] {
                let text = ReportText(report, against: other, width: width, usesColor: false)
                for line in text.lines { #expect(columns(line) <= width, "\(line)") }
            }
        }
    }

    @Test func `colors take no room and change no letter`() {
        for report in Self.samples {
            let plain = ReportText(report, width: 90, usesColor: false).text
            let colored = ReportText(report, width: 90, usesColor: true).text
            #expect(!plain.contains("\u{1B}"))
            #expect(colored.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
        }
    }

    @Test func `narrow and wide terminals have their limits`() {
        #expect(ReportText(Self.samples[0], width: 10, usesColor: false).width == 60)
        #expect(ReportText(Self.samples[0], width: 500, usesColor: false).width == 120)
    }

    @Test func `the first line is the most important finding`() {
        let lines = ReportText(ReportSample.rich.report, width: 80, usesColor: false).lines
        #expect(lines[0] == "! Layer 3 sends a third of its tokens to one expert")
    }

    @Test func `without findings the first line is how even the load is`() {
        var sample = ReportSample(layers: 1, experts: 4, topK: 1, isRich: false, loads: [[30, 10, 0, 0]])
        sample.isBare = true
        let lines = ReportText(sample.report, width: 80, usesColor: false).lines
        #expect(lines[0] == "The busiest expert does 3.00 times its fair share of the work.")
    }

    @Test(arguments: [6, 8, 9, 24, 48]) func `a screen is enough`(_ layers: Int) {
        let count = ReportText(ReportSample(layers: layers).report, width: 100, usesColor: false).lines.count
        #expect((25...47).contains(count), "\(count) lines")
    }

    @Test func `heights are loads over the fair share`() {
        // Fair is 10: 40 are 4 times, 10 even, 4 less than 0.57; one is idle.
        let sample = ReportSample(
            layers: 2, experts: 6, topK: 1, isRich: false, loads: [[40, 10, 4, 0, 3, 3], [10, 10, 10, 10, 10, 10]])
        let lines = ReportText(sample.report, width: 60, usesColor: false).lines
        #expect(lines.contains { $0.hasPrefix("    0  █▄▁·▁▁  ") && $0.hasSuffix("4.00") })
        #expect(lines.contains { $0.hasPrefix("    1  ▄▄▄▄▄▄  ") && $0.hasSuffix("1.00") })
    }

    @Test func `a name cannot move the cursor`() {
        let text = ReportText(ReportSample.hostile.report, width: 80, usesColor: false).text
        #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
    }

    @Test func `two reports have their differences`() {
        let first = ReportSample(layers: 1, experts: 2, topK: 1, isRich: false, loads: [[15, 5]]).report
        let second = ReportSample(layers: 1, experts: 2, topK: 1, isRich: false, loads: [[10, 10]]).report
        let lines = ReportText(first, against: second, width: 80, usesColor: false).lines
        #expect(
            lines.contains { $0.hasPrefix("max/mean, worst layer") && $0.hasSuffix("1.50           1.00       +0.50") })
    }

    /// Of letters that may take two columns, twice as many as there are.
    private func columns(_ line: String) -> Int {
        line.reduce(0) { $0 + ($1.unicodeScalars.contains { $0.value >= 0x1F000 } ? 2 : 1) }
    }
}
