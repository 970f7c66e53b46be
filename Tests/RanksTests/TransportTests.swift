import RankBehavior
import Ranks
import Testing

@Suite struct TransportTests {
    @Test(arguments: RankBehavior.all, 1...5)
    func `threads keep what every transport must`(_ behavior: RankBehavior, _ count: Int) throws {
        _ = try RankThreads.run(count) { try behavior.check($0) }
    }

    @Test(arguments: RankBehavior.all, [1, 3, 4])
    func `links that are not there keep it, too`(_ behavior: RankBehavior, _ count: Int) throws {
        let links = Links(Link(latency: 1e-3, bandwidth: 1e6))
        let linked = { @Sendable (base: any Transport) -> any Transport in
            LinkTransport(base, links, clock: CalculatedClock())
        }
        _ = try RankThreads.run(count, patience: .seconds(3600), over: linked) { try behavior.check($0) }
    }
}
