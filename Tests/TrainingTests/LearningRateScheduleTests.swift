import Testing
import Training

@Suite struct LearningRateScheduleTests {
    @Test func `warm-up rises in equal steps to the peak`() {
        let schedule = LearningRateSchedule(shape: .cosine, peak: 1, final: 0, warmUpSteps: 4, steps: 100)
        #expect((0..<4).map(schedule.rate) == [0.25, 0.5, 0.75, 1])
    }

    @Test func `a cosine is half way down in the middle and ends at its final share`() {
        let schedule = LearningRateSchedule(shape: .cosine, peak: 2, final: 0.1, warmUpSteps: 0, steps: 100)
        #expect(abs(schedule.rate(at: 50) - 2 * 0.55) < 1e-12)
        #expect(abs(schedule.rate(at: 100) - 0.2) < 1e-12)
    }

    @Test func `warm-up, stable, decay stays at the peak for four fifths`() {
        let schedule = LearningRateSchedule(shape: .wsd, peak: 1, final: 0, warmUpSteps: 10, steps: 100)
        #expect(schedule.rate(at: 79) == 1)
        #expect(abs(schedule.rate(at: 90) - 0.5) < 1e-12)
    }
}
