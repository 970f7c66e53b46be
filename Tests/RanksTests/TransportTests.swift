import RankBehavior
import Ranks
import Testing

@Suite struct TransportTests {
    @Test(arguments: RankBehavior.all, 1...5)
    func `threads keep what every transport must`(_ behavior: RankBehavior, _ count: Int) throws {
        _ = try RankThreads.run(count) { try behavior.check($0) }
    }
}
