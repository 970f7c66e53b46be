import Mixture
import Profiling
import Tensors
import Testing

@Suite struct GateReadingTests {
    private func reading(_ scores: [Float]) -> GateReading { GateReading(scores.span) }

    @Test func `a gate's shares are the softmax of its scores`() {
        // Shares 1/4 and 3/4.
        let reading = reading([0, Float(1.0986123)])
        #expect(abs(reading.confidence - 0.75) < 1e-6)
        #expect(abs(reading.margin - 0.5) < 1e-6)
        #expect(abs(reading.entropy - 0.5623351) < 1e-6)
    }

    @Test func `equal scores are no decision, and great ones no overflow`() {
        let even = reading([7, 7, 7, 7])
        #expect(even.confidence == 0.25 && even.margin == 0)
        #expect(abs(even.entropy - 1.3862944) < 1e-6)
        let sure = reading([-1000, 1000, 0])
        #expect(sure == GateReading(confidence: 1, margin: 1, entropy: 0))
    }

    @Test func `the only expert is certain`() {
        #expect(reading([-3]) == GateReading(confidence: 1, margin: 1, entropy: 0))
    }

    @Test func `every token has a reading of its own`() {
        let readings = GateReading.all(Matrix([[0, 0], [0, 1000]]))
        #expect(readings.map(\.confidence) == [0.5, 1])
    }
}
