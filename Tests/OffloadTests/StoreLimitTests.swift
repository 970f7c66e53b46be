import Foundation
import Glibc
import Offload
import Testing

/// Stores that many open at once, and file systems without locks.
@Suite struct StoreLimitTests {
    @Test func `more than a thousand readers open one store`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        try Packer(RandomModel.tiny).pack(to: folder("store"))
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let before = limit
        limit.rlim_cur = min(limit.rlim_max, 8192)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        defer {
            limit = before
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        // Each has two descriptors of the file.
        let readers = min(1200, Int(limit.rlim_cur) / 4)
        let stores = try (0..<readers).map { _ in try Store(at: folder("store")) }
        #expect(stores.count > 126 && stores.allSatisfy { $0.manifest.isComplete })
    }

    @Test(arguments: [
        (EWOULDBLOCK, "is being packed just now; try again when that is done"),
        (ENOLCK, "cannot be locked: No locks available; try again, or pack on another disk and copy the folder"),
        (
            ENOSYS,
            "its file system has no locks (Function not implemented), and two packers would ruin a store; pack on another disk and copy the folder"
        ),
    ])
    func `a lock that is not to be had says why`(code: Int32, words: String) {
        let error = StoreError.unlocked("experts/mixtral", code)
        #expect(error.description == "experts/mixtral: " + words)
        #expect(error.reason == (code == EWOULDBLOCK ? .inUse : .unreadable))
    }
}
