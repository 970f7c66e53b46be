import Profiling
import Testing

@Suite struct RatioAxisTests {
    @Test(
        arguments: [
            ([1.0, 2048], [1.0, 10, 100, 1000]), ([0.9, 60], [1.0, 2, 5, 10, 20, 50]), ([3.0, 4], [2.0, 5]),
            ([7.0], [5.0, 10]), ([1e-3, 1e9], [1e-3, 1, 1e3, 1e6, 1e9]), ([], [1.0, 2, 5, 10]),
            ([0, -1, .nan], [1.0, 2, 5, 10]),
        ] as [([Double], [Double])])
    func `ticks are round numbers between the values`(_ values: [Double], _ ticks: [Double]) {
        let axis = Axis(ratiosOf: values)
        #expect(axis.ticks.count == ticks.count)
        for (tick, wanted) in zip(axis.ticks, ticks) { #expect(abs(tick / wanted - 1) < 1e-9) }
    }

    @Test func `equal ratios have equal room`() {
        let axis = Axis(ratiosOf: [1, 100])
        #expect(axis.share(1) == 0 && abs(axis.share(10) - 0.5) < 1e-12 && axis.share(100) == 1)
    }
}
