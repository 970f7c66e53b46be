import Profiling
import Testing

/// Intervals against NumPy's: resamples of its own, and the jackknife.
@Suite struct BalanceIntervalGoldenTests {
    private static let names = BalanceGoldenTests.names

    /// 200 resamples find the ends of an interval to about a tenth of its width; where squares are what is resampled, of
    /// theirs.
    private func isNear(_ interval: Interval?, _ expected: [Double]?, squaredAbove even: Double? = nil) throws -> Bool {
        var (ends, expected) = (try #require(interval.map { [$0.low, $0.high] }), try #require(expected))
        if let even {
            ends = ends.map { ($0 - even) * ($0 - even) }
            expected = expected.map { ($0 - even) * ($0 - even) }
        }
        let tolerance = 0.25 * (expected[1] - expected[0]) + 1e-9
        return abs(ends[0] - expected[0]) <= tolerance && abs(ends[1] - expected[1]) <= tolerance
    }

    /// Whether an interval is 1.96 standard errors wide on both sides, except where it ends at a bound.
    private func spans(_ interval: Interval?, _ value: Double, _ error: Double?, within range: ClosedRange<Double>)
        throws -> Bool
    {
        let (interval, half) = (try #require(interval), 1.96 * (try #require(error)))
        func isHalf(_ width: Double, _ bound: Double) -> Bool {
            abs(width - half) <= 0.3 * half + 1e-9 || width < half && abs(value - bound) <= half
        }
        return isHalf(value - interval.low, range.lowerBound) && isHalf(interval.high - value, range.upperBound)
    }

    @Test(arguments: names) func `measures of balance are resampled as NumPy does`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        for (report, expected) in zip(LayerReport.all(of: golden.table), golden.expected.layers) {
            let (intervals, expected) = (report.intervals, expected.intervals)
            #expect(try isNear(intervals.maxOverMean, expected["max_over_mean"], squaredAbove: 1))
            let peak = try #require(intervals.maxOverMean)
            #expect(intervals.maxViolation == Interval(low: peak.low - 1, high: peak.high - 1))
            #expect(try isNear(intervals.cv, expected["cv"], squaredAbove: 0))
            #expect(try isNear(intervals.gini, expected["gini"], squaredAbove: 0))
            #expect(try isNear(intervals.entropy, expected["entropy"]))
            #expect(try isNear(intervals.effectiveExperts, expected["effective_experts"]))
            #expect(try isNear(intervals.deadExperts, expected["dead_experts"]))
        }
    }

    @Test(arguments: ["balance-top1", "balance-top2", "balance-domains"])
    func `percentiles across layers are resampled as NumPy does`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        let across = try #require(RoutingReport(golden.table, kind: "golden").acrossLayers)
        let expected = golden.expected.acrossIntervals
        #expect(try isNear(across.maxOverMean.intervals?.p75, expected["max_over_mean"], squaredAbove: 1))
        #expect(try isNear(across.cv.intervals?.p75, expected["cv"], squaredAbove: 0))
        #expect(try isNear(across.gini.intervals?.p75, expected["gini"], squaredAbove: 0))
        #expect(try isNear(across.entropy.intervals?.p75, expected["entropy"]))
        #expect(try isNear(across.effectiveExperts.intervals?.p75, expected["effective_experts"]))
    }

    @Test(arguments: names) func `gates vary as the jackknife says`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        for (report, expected) in zip(LayerReport.all(of: golden.table), golden.expected.layers) {
            guard let gate = report.gate, let intervals = gate.intervals else { continue }
            let errors = expected.errors
            #expect(try spans(intervals.confidence, gate.confidence, errors.confidence, within: 0...1))
            #expect(try spans(intervals.margin, gate.margin, errors.margin, within: 0...1))
            #expect(try spans(intervals.entropy, gate.entropy, errors.entropy, within: 0...1))
        }
    }

    @Test(arguments: names) func `pairs vary as the jackknife says`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        for (report, expected) in zip(LayerReport.all(of: golden.table), golden.expected.layers) {
            guard let pairs = report.coActivation else { continue }
            try check(pairs.allPairs, try #require(expected.errors.allPairs))
            try check(pairs.adjacentRanks, try #require(expected.errors.adjacentRanks))
        }
    }

    private func check(_ pairs: CoActivationReport.Pairs, _ expected: BalanceGolden.PairErrors) throws {
        // Downwards it is wider by what chance adds to the strongest of many.
        let (interval, half) = (try #require(pairs.interval), 1.96 * expected.strongest)
        #expect(abs(interval.high - pairs.strongest - half) <= 0.3 * half)
        #expect(pairs.strongest - interval.low >= 0.7 * half)
        for pair in pairs.top {
            let intervals = try #require(pair.intervals)
            #expect(try #require(intervals.probability).low <= pair.probability)
            guard
                let errors = expected.top.first(where: {
                    [$0.first, $0.second].sorted() == [pair.first, pair.second].sorted()
                })
            else { continue }
            let error = errors.first == pair.first ? errors.probability : errors.otherProbability
            #expect(try spans(intervals.probability, pair.probability, error, within: 0...1))
            #expect(try spans(intervals.lift, pair.lift, errors.lift * pair.lift, within: 0...100))
        }
    }

    @Test(arguments: names) func `information varies as the weights of blocks say`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        let vocabulary = try #require(VocabularyReport(golden.table))
        let domains = try #require(DomainReport(golden.table))
        for (index, expected) in golden.expected.layers.enumerated() {
            let layer = vocabulary.layers[index]
            let intervals = try #require(layer.intervals)
            let errors = (input: expected.errors.input, next: expected.errors.next)
            #expect(
                try spans(layer.input.interval, layer.input.mutualInformation, errors.input.information, within: 0...9))
            #expect(
                try spans(layer.next.interval, layer.next.mutualInformation, errors.next.information, within: 0...9))
            #expect(try spans(intervals.inputShare, layer.inputShare, errors.input.share, within: 0...1))
            #expect(try spans(intervals.nextShare, layer.nextShare, errors.next.share, within: 0...1))
            let information = domains.layers[index].information
            #expect((information.interval == nil) == (expected.errors.domain == nil), "16 segments at least")
            guard let error = expected.errors.domain else { continue }
            #expect(
                try spans(information.interval, information.mutualInformation, error, within: 0...9),
                "\(information) \(error)")
        }
    }

    @Test(arguments: names) func `drift varies as its derivatives say`(_ name: String) throws {
        let golden = try BalanceGolden.read(name)
        let drift = try #require(DriftReport(golden.table))
        for (window, error) in zip(drift.windows, golden.expected.driftErrors) {
            let interval = try #require(window.interval)
            // Student's t of four blocks.
            #expect(abs(min(window.divergence + 3.182 * error, 1) - interval.high) < 1e-4)
            #expect(abs(max(window.divergence - 3.182 * error, 0) - interval.low) < 1e-4)
        }
    }
}
