import Profiling
import Testing

@Suite struct LearningReportTests {
    private func table(_ visits: [[Int]], dropped: [[Int]] = []) -> RoutingTable {
        var builder = RoutingTableBuilder(model: "m", experts: 4, topK: 2)
        builder.beginPass(.prompt, position: 0, ids: [Int32](repeating: 0, count: visits.count))
        let layer = builder.layer(named: "0")
        for (token, experts) in visits.enumerated() {
            let isTaken = builder.append(
                token, layer: layer, experts: experts, dropped: dropped.isEmpty ? [] : dropped[token])
            precondition(isTaken, "token \(token)")
        }
        return builder.finish()
    }

    @Test func `routes of four tokens settle`() throws {
        let report = try #require(
            LearningReport([
                .init(step: 0, loss: 5, generation: table([[0, 1], [0, 1], [0, 1], [0, 1]])),
                .init(step: 10, loss: 4, generation: table([[0, 2], [1, 0], [3, 1], [2, 3]])),
                .init(step: 20, loss: 3, generation: table([[2, 0], [1, 0], [0, 3], [2, 3]])),
            ]))
        #expect(report.steps == [0, 10, 20] && report.losses == [5, 4, 3])
        let layer = report.layers[0]
        #expect(layer.saturation == [0.5, 0.875, 1])  // a half, all, a half and none; then all but a half of one
        #expect(layer.fluctuation == [0.75, 0.5])  // all first experts but the first token's change, then two of them
        #expect(layer.settled == [0, 0.5, 1])
        #expect(layer.maxOverMean == [2, 1, 1.5])  // of 8 visits, the busiest expert has 4, 2, 3
        #expect(layer.agreement.isEmpty && layer.dropRates == [[], [], []])
    }

    @Test func `training and generation agree in part, and a capacity turns choices away`() throws {
        let generation = table([[0, 1], [2, 3]])
        let report = try #require(
            LearningReport([
                .init(step: 0, loss: 1, generation: generation, training: table([[0, 2], [3, 2]])),
                .init(step: 1, loss: 1, generation: generation, training: table([[1], [3]], dropped: [[0], [1]])),
                .init(step: 2, loss: 1, generation: generation, training: table([[0], []], dropped: [[1], [0, 1]])),
            ]))
        #expect(report.layers[0].agreement == [0.75, 1, 1])
        #expect(report.layers[0].dropRates == [[], [0.5, 0.5], [0.5, 1]])
    }

    @Test func `tokens without visits are left out of the mean`() throws {
        let report = try #require(
            LearningReport([
                .init(step: 0, loss: 1, generation: table([[0, 1], [], [2, 3]])),
                .init(step: 1, loss: 1, generation: table([[0], [1], []])),
            ]))
        #expect(report.layers[0].saturation == [0.5, 1])  // all of the first token's, none of the second's
        #expect(report.layers[0].fluctuation == [2.0 / 3])  // none is a choice, too
    }

    @Test func `it takes two to compare`() {
        #expect(LearningReport([]) == nil)
        #expect(LearningReport([.init(step: 0, loss: 1, generation: table([[0]]))]) == nil)
        let nothing = RoutingTable.passes([], experts: 2, topK: 1, visits: [[]])
        let report = LearningReport((0..<2).map { .init(step: $0, loss: 0, generation: nothing) })
        #expect(report?.layers.map(\.saturation) == [[1, 1]])
    }
}
