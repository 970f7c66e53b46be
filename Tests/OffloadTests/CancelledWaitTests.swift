import Mixture
import Offload
import Testing

@Suite struct CancelledWaitTests {
    @Test func `who waits for an expert that may never come can be told to stop`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let cache = try ExpertCache(Store(at: folder("store")), slots: 1)
        let leases = try cache.lease([3, 1], layer: 0)
        // The second comes when the first has been released, and that one is kept.
        var asked = 0
        #expect(throws: CancellationError.self) {
            try leases[1].wait(tile: 0) {
                asked += 1
                return asked == 3
            }
        }
        #expect(asked == 3)
        for lease in leases { lease.release() }
        // Neither is lost, and who finds a tile asks nobody.
        for lease in try cache.lease([1, 3], layer: 0) {
            let last = cache.layout(layer: 0).tiles.count - 1
            try lease.wait(tile: last) { false }
            try lease.wait(tile: last) { true }
            _ = try lease.down(tile: last)
            lease.release()
        }
    }
}
