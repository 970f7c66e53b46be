import Foundation

/// A disk of some pages in memory, which only root can have. It goes away with its owner.
final class SmallDisk {
    let path = NSTemporaryDirectory() + "/disk-" + UUID().uuidString

    static let isPossible = (try? SmallDisk(bytes: 1 << 16)) != nil

    init(bytes: Int) throws {
        guard mkdir(path, 0o755) == 0 else { throw POSIXError(.EIO) }
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else {
            rmdir(path)
            throw POSIXError(.EPERM)
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }
}
