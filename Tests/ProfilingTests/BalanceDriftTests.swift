import Profiling
import Testing

@Suite struct BalanceDriftTests {
    private func table(_ experts: [[Int]]) -> RoutingTable { .sample(experts: 4, topK: 1, routes: [experts]) }

    @Test func `a window at an expert of its own diverges wholly`() throws {
        // Four windows of 64 tokens: the last visits expert 3, the others 0 and 1 in turn.
        let report = try #require(DriftReport(table((0..<256).map { [$0 < 192 ? $0 % 2 : 3] })))
        #expect(report.windows.map(\.firstToken) == [0, 64, 128, 192])
        #expect(report.windows.map(\.tokens) == [64, 64, 64, 64])
        #expect(report.windows[3].divergence == 1 && report.windows[3].maxOverMean == 4)
        // ½, ½ against ⅓, ⅓, ⅓: ½ (log2 6/5) + ½ (⅔ log2 4/5 + ⅓ log2 2)
        let expected = 0.5 * 0.263_034_405_8 + 0.5 * (2.0 / 3 * -0.321_928_094_9 + 1.0 / 3)
        for window in report.windows[..<3] {
            #expect(abs(window.divergence - expected) < 1e-9 && window.maxOverMean == 2)
        }
        #expect(report.windows[3].divergence > report.shuffledHigh)
    }

    @Test func `windows are of equal size and at most forty`() throws {
        let report = try #require(DriftReport(table((0..<10_001).map { [$0 % 4] })))
        #expect(report.windows.count == 40)
        #expect(report.windows.reduce(0) { $0 + $1.tokens } == 10_001)
        #expect(report.windows.allSatisfy { (250...251).contains($0.tokens) && $0.divergence < 1e-4 })
    }

    @Test func `a short trace has no drift`() {
        #expect(DriftReport(table((0..<255).map { [$0 % 4] })) == nil)
        #expect(DriftReport(table((0..<256).map { [$0 % 4] })) != nil)
    }

    @Test func `a load that moves slowly is told from one that stays`() throws {
        var random = SeededRandom(seed: 1)
        let moving = (0..<4000).map { token in [Int.random(in: 0..<4000, using: &random) < token ? 1 : 0] }
        let staying = (0..<4000).map { _ in [Int.random(in: 0..<2, using: &random)] }
        let (first, second) = (try #require(DriftReport(table(moving))), try #require(DriftReport(table(staying))))
        let beyond = { (report: DriftReport) in report.windows.count { $0.divergence > report.shuffledHigh } }
        #expect(first.windows.count == 40 && beyond(first) > 20)
        #expect(beyond(second) <= 6, "one in twenty of forty is two")
        #expect(second.shuffledMean <= second.shuffledHigh)
    }

    @Test func `the mean is of the layers that the window visits`() throws {
        let here = (0..<256).map { [$0 / 64] }
        let nowhere = (0..<256).map { _ in [Int]() }
        let report = try #require(DriftReport(.sample(experts: 4, topK: 1, routes: [here, nowhere])))
        #expect(report.windows.allSatisfy { abs($0.divergence - 1) < 1e-12 && $0.maxOverMean == 4 })
    }
}
