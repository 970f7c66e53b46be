import FoundationEssentials
import Glibc

extension StoreFolder {
    /// What a packer finds.
    enum Content { case complete, unfinished }

    /// Looks at what is here, and makes it ready for a packer to go on with.
    ///
    /// - Parameter startsOver: removes what packing cannot go on with instead of refusing it.
    func content(for manifest: StoreManifest, startsOver: Bool) throws -> Content {
        do {
            return try content(for: manifest, mayDiffer: !startsOver)
        } catch let error as StoreError where error.reason == .incomplete || startsOver && error.isAboutContent {
            // What is damaged, or was killed before its first commit, is nothing to go on with.
            try removeFiles(keepsOrigin: true)
            return .unfinished
        }
    }

    /// Whether the store is complete, and the one that is to be packed.
    func isComplete(_ manifest: StoreManifest) -> Bool {
        (try? content(for: manifest, mayDiffer: false)) == .complete
    }

    /// - Parameter mayDiffer: whether a complete store may be one of another model.
    private func content(for manifest: StoreManifest, mayDiffer: Bool) throws -> Content {
        guard hasData else { return .unfinished }
        let checksum = try TreeChecksum.read(from: self)
        let tree = try TreePages.checked(self, isComplete: checksum != nil)
        guard checksum == nil || checksum == tree.checksum else {
            throw StoreError.corrupt(path, "data.mdb is damaged")
        }
        let found = try StoreManifest.read(from: RecordFinder(self, checked: tree.identity), self)
        let isComplete = found.isComplete && checksum != nil
        if isComplete, mayDiffer { return .complete }
        guard found.isContinued(by: manifest) else {
            throw StoreError(
                .different, path,
                "holds the beginning of \(found.name), packed from another file or with other options",
                wayOut: StoreError.packAgain)
        }
        guard wasUnsyncedInThisBoot else {
            throw StoreError(
                .different, path, "the machine stopped while it was packed, so its pages cannot be relied on",
                wayOut: StoreError.packAgain)
        }
        return isComplete ? .complete : .unfinished
    }

    /// Checks that the disk has room for a file of so many bytes, less what is there.
    func checkSpace(for bytes: Int, of target: StoreFolder) throws {
        guard let free = freeBytes else { return }
        var status = stat()
        let taken = stat(data, &status) == 0 ? Int(status.st_blocks) * 512 : 0
        guard free >= bytes - taken else {
            throw StoreError(
                .noSpace, target.path, "\(bytes - taken) bytes are needed, and the disk has \(free) free",
                wayOut: "make room, or choose another --experts-dir")
        }
    }

    /// Whether a write may have been cut short for want of room: on the disk, or below the process's limit (`ulimit -f`).
    var mayBeFull: Bool {
        var limit = rlimit()
        let isLimited = getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 && limit.rlim_cur != .max
        return isLimited || (freeBytes ?? .max) < 64 << 20
    }

    private var freeBytes: Int? {
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 else { return nil }
        // Some file systems say that they are endless.
        let (bytes, overflow) = UInt(disk.f_bavail).multipliedReportingOverflow(by: UInt(disk.f_frsize))
        return overflow ? .max : Int(clamping: bytes)
    }

    // Commits are not synced one by one. When the whole machine stops before a checkpoint, LMDB's pages may have reached
    // the disk in any order; when only the process is killed, they are all there. The marker tells the two apart.

    func markUnsynced() throws { try write(Array(Self.boot.utf8), to: unsynced) }

    func unmarkUnsynced() {
        unlink(unsynced)
        syncNames()
    }

    private var wasUnsyncedInThisBoot: Bool {
        guard let marker = FileManager.default.contents(atPath: unsynced) else { return true }
        return Array(marker) == Array(Self.boot.utf8)
    }

    private static var boot: String {
        guard let id = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id") else { return "" }
        return String(decoding: id, as: UTF8.self)
    }
}

extension StoreError {
    /// Whether it is what the store holds that is wrong, and not the way to it.
    fileprivate var isAboutContent: Bool { ![.inUse, .unreadable, .noSpace].contains(reason) }
}
