import Mixture
import ModelFiles
import Synchronization
import Testing
import Transformer

struct ExpertForecastTests {
    /// What is announced, layer by layer.
    private final class Listener: ExpertSource {
        let heard = Mutex<[Announcement]>([])

        func layout(layer: Int) -> ExpertLayout { preconditionFailure("nobody computes") }
        func lease(_ experts: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]) {}
        func prefetch(_ experts: [Int], layer: Int) {
            heard.withLock { $0.append(Announcement(layer: layer, experts: experts)) }
        }
    }

    private struct Announcement: Equatable {
        var layer: Int
        var experts: [Int]
    }

    private let architecture = Architecture(
        vocabularySize: 4, hiddenSize: 32, layerCount: 4, headCount: 1, keyValueHeadCount: 1, headSize: 32,
        intermediateSize: 32, expertCount: 3, expertsPerToken: 1, normEpsilon: 1e-5, rotaryBase: 1e4,
        rotaryPairing: .halves, rotaryDimensions: 32, slidingWindow: nil, tiedEmbeddings: true, contextLength: 64)

    private func table(_ experts: [Int]) -> TableRouter {
        TableRouter(table: experts, weighting: Weighting(.one))
    }

    /// Scores decide in layers 0 and 2, tables in 1 and 3.
    private var routers: [any Router] {
        [TopKRouter(k: 1), table([0, 1, 2, 2]), TopKRouter(k: 1), table([1, 1, 0, 0])]
    }

    @Test func `where only some layers have tables, each announces its own`() {
        let source = Listener()
        ExpertForecast(of: [0, 3], architecture, routers).announceKnown(from: 0, to: source)
        #expect(
            source.heard.withLock(\.self) == [
                Announcement(layer: 1, experts: [0, 2]), Announcement(layer: 3, experts: [0, 1]),
            ])
    }

    @Test func `a long prompt announces all experts of the layers that score, and of no other`() {
        let source = Listener()
        let forecast = ExpertForecast(of: ArraySlice(repeating: 1, count: 9), architecture, routers)
        for layer in 0..<4 { forecast.announceLikely(after: layer, to: source) }
        #expect(source.heard.withLock(\.self) == [Announcement(layer: 2, experts: [0, 1, 2])])
    }

    @Test func `a short prompt announces none`() {
        let source = Listener()
        let forecast = ExpertForecast(of: [1], architecture, routers)
        for layer in 0..<4 { forecast.announceLikely(after: layer, to: source) }
        #expect(source.heard.withLock(\.self) == [])
    }
}
