import Profiling
import Testing

@Suite struct PredictionErrorTests {
    @Test func `errors are relative to what was measured`() {
        let error = PredictionError([
            .init(predicted: 1.2, measured: 1, spread: 0), .init(predicted: 1.8, measured: 2, spread: 0.2),
        ])
        #expect(abs(error.meanError - 0.15) < 1e-12)
        #expect(error.withinTolerance == 1)
        #expect(error.certain.count == 1 && abs(error.certain.meanError - 0.2) < 1e-12)
    }

    @Test func `a correlation is 1 for what grows alike and unknown of a single pair`() {
        let alike = PredictionError(
            (1...4).map { .init(predicted: 2 * Double($0) + 1, measured: Double($0), spread: 0) })
        #expect(abs(alike.correlation - 1) < 1e-12)
        let counter = PredictionError((1...4).map { .init(predicted: -Double($0), measured: Double($0), spread: 0) })
        #expect(abs(counter.correlation + 1) < 1e-12)
        #expect(PredictionError([.init(predicted: 1, measured: 1, spread: 0)]).correlation.isNaN)
        #expect(PredictionError([]).meanError.isNaN)
    }
}
