import Profiling
import Testing

@Suite struct LoadBarsTests {
    @Test func `half of a bar is the fair share, a dot is nobody`() {
        #expect(LoadBars([10, 10, 10, 10], width: 10).text == "▄▄▄▄")
        #expect(LoadBars([40, 0, 0, 0], width: 10).text == "█···")
        #expect(LoadBars([30, 10, 0, 1], width: 10).text == "█▄·▁")
        #expect(LoadBars([0, 0], width: 10).text == "··")
    }

    @Test func `neighbors share a column, and the busiest of them shows`() {
        #expect(LoadBars([0, 8, 1, 0, 0, 0, 0, 7], width: 4).text == "█▂·█")
        #expect(LoadBars([5, 5, 5], width: 1).text == "▄")
    }
}
