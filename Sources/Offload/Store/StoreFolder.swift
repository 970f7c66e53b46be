import FoundationEssentials
import Glibc

/// The files of a store, and what may be done with them as files.
struct StoreFolder: Sendable {
    let path: String

    init(path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    /// Where a store is built that is to take this one's place.
    var replacement: StoreFolder { StoreFolder(path: path + ".packing") }
    private var replaced: StoreFolder { StoreFolder(path: path + ".old") }

    var data: String { path + "/data.mdb" }
    /// The checksum of LMDB's tree pages (``TreeChecksum``).
    var treeChecksum: String { path + "/tree.crc" }
    /// There while commits may not have reached the disk; holds the boot they were made in.
    var unsynced: String { path + "/unsynced" }
    private var all: [String] { [data, path + "/lock.mdb", treeChecksum, unsynced] }

    var exists: Bool { access(path, F_OK) == 0 }
    var hasData: Bool { access(data, F_OK) == 0 }

    var isUnsynced: Bool { access(unsynced, F_OK) == 0 }

    /// Whether nothing lies here that a packer did not put here.
    var holdsOnlyAStore: Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return false }
        return names.allSatisfy { name in all.contains(path + "/" + name) }
    }

    /// Makes the folder, and those above it, unless they are there.
    func create() throws {
        guard mkdir(path, 0o777) != 0 else { return }
        let code = errno
        if code == EEXIST, isFolder { return }
        if code == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try StoreFolder(path: String(path[..<slash])).create()
            if mkdir(path, 0o777) == 0 || errno == EEXIST && isFolder { return }
        }
        throw StoreError(
            .unreadable, path, "the folder cannot be made: \(errorText(code))", wayOut: "choose another place")
    }

    private var isFolder: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Removes the files of the store.
    func removeFiles() throws {
        for file in all where access(file, F_OK) == 0 {
            guard unlink(file) == 0 else {
                throw StoreError(.unreadable, path, "\(file) cannot be removed: \(errorText(errno))")
            }
        }
    }

    /// Removes the files of the store and then the folder, which must be empty by then.
    func remove() throws {
        try removeFiles()
        guard rmdir(path) == 0 else {
            throw StoreError(.exists, path, "cannot be removed: \(errorText(errno))")
        }
    }

    /// Puts the finished replacement in the place of this folder.
    func takeReplacement() throws {
        if replaced.exists { try replaced.remove() }
        try move(to: replaced)
        try replacement.move(to: self)
        try replaced.remove()
    }

    /// Puts things back when ``takeReplacement()`` was killed between its steps.
    func recoverFromReplacing() throws {
        guard replaced.exists else { return }
        if exists { try replaced.remove() } else { try replaced.move(to: self) }
    }

    /// Makes sure that names created in this folder outlive a power failure.
    func syncNames() {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Puts a failure of Foundation's in words: the folder "cannot …".
    func attempt(_ action: String, _ body: () throws -> Void) throws {
        do { try body() } catch let error as CocoaError {
            let reason = (error.underlying as? POSIXError).map { errorText($0.code.rawValue) } ?? "\(error.code)"
            throw StoreError(.unreadable, path, "cannot \(action): \(reason)")
        }
    }

    private func move(to other: StoreFolder) throws {
        guard rename(path, other.path) == 0 else {
            throw StoreError(.unreadable, path, "cannot be renamed to \(other.path): \(errorText(errno))")
        }
    }
}

/// The C library's words for an error number.
func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
