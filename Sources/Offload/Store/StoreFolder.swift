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

    var data: String { path + "/data.mdb" }
    /// The checksum of LMDB's tree pages (``TreeChecksum``).
    var treeChecksum: String { path + "/tree.crc" }
    /// There while commits may not have reached the disk; holds the boot they were made in.
    var unsynced: String { path + "/unsynced" }
    /// What the store was packed from (``StoreOrigin``).
    var origin: String { path + "/source.json" }
    /// Where earlier versions counted a store's readers.
    private var lock: String { path + "/lock.mdb" }
    /// All that a packer puts here. The checksum is the first to be removed: where it is and the data is not, the data
    /// has moved on (``finishReplacing()``).
    private var files: [String] {
        [
            treeChecksum, Self.draft(of: treeChecksum), data, lock, unsynced, Self.draft(of: unsynced), origin,
            Self.draft(of: origin),
        ]
    }

    var hasData: Bool { access(data, F_OK) == 0 }
    var isUnsynced: Bool { access(unsynced, F_OK) == 0 }

    /// - Throws: ``StoreError`` `.missing` when there is no such folder, `.foreign` when it holds no data, and
    ///   `.unreadable` when nobody can tell.
    func checkIsThere() throws {
        if Self.isRegular(data) { return }
        var status = stat()
        guard stat(data, &status) != 0 else {
            throw StoreError(
                .foreign, path, "its data.mdb is no file, so it is no store", wayOut: "pack a model elsewhere")
        }
        let code = errno
        guard stat(path, &status) == 0 else { throw missing(errno) }
        guard code == ENOENT || code == ENOTDIR else {
            throw StoreError(.unreadable, path, "data.mdb cannot be looked at: \(errorText(code))")
        }
        if let target = Self.target(ofLink: data) {
            throw StoreError(.foreign, path, "data.mdb is a link to \(target), where nothing is")
        }
        throw StoreError(.foreign, path, "has no data.mdb, so it is no store", wayOut: "pack a model there first")
    }

    private func missing(_ code: Int32) -> StoreError {
        if code != ENOENT, code != ENOTDIR {
            return StoreError(.unreadable, path, "cannot be looked at: \(errorText(code))")
        }
        if let target = Self.target(ofLink: path) {
            return StoreError(
                .missing, path, "is a link to \(target), where nothing is", wayOut: "mend or remove the link")
        }
        return StoreError(.missing, path, "there is no such store", wayOut: "pack a model there first")
    }

    /// What is here that neither a packer nor a file system put here.
    var foreignNames: [String] {
        get throws {
            try names.filter { name in
                let file = path + "/" + name
                let isKnown = files.contains(file) && Self.isRegular(file)
                return !isKnown && file != replacement.path && name != "lost+found" && !name.hasPrefix(".nfs")
            }
        }
    }

    /// Whether it is a file, or a link to one.
    private static func isRegular(_ file: String) -> Bool {
        var status = stat()
        return stat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// What lies in the folder.
    var names: [String] {
        get throws {
            guard let folder = opendir(path) else {
                throw StoreError(.unreadable, path, "cannot be looked into: \(errorText(errno))")
            }
            defer { closedir(folder) }
            var names: [String] = []
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { names.append(name) }
            }
            return names
        }
    }

    /// Makes the folder, and those above it, unless they are there.
    func create() throws {
        guard mkdir(path, 0o777) != 0 else { return }
        let code = errno
        if isFolder { return }
        if code == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try StoreFolder(path: String(path[..<slash])).create()
            if mkdir(path, 0o777) == 0 || isFolder { return }
        }
        if code == EEXIST, let target = Self.target(ofLink: path) {
            throw StoreError(
                .unreadable, path, "is a link to \(target), where nothing is",
                wayOut: "make that folder, or remove the link")
        }
        let found = code == EEXIST ? "it is a file, not a folder" : errorText(code)
        throw StoreError(.unreadable, path, "the folder cannot be made: \(found)", wayOut: "choose another place")
    }

    private var isFolder: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Where a link that leads nowhere points.
    private static func target(ofLink path: String) -> String? {
        guard access(path, F_OK) != 0 else { return nil }
        return try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    }

    /// Removes the files of the store.
    ///
    /// - Parameter keepsOrigin: all but what says where it came from.
    func removeFiles(keepsOrigin: Bool = false) throws {
        for file in files where !(keepsOrigin && file == origin) { try Self.remove(file, in: path) }
    }

    func removeTreeChecksum() throws { try Self.remove(treeChecksum, in: path) }

    /// Removes what earlier versions and interrupted packers left beside complete data.
    func removeLeftovers() throws {
        for file in files where ![data, treeChecksum, origin].contains(file) { try Self.remove(file, in: path) }
    }

    private static func remove(_ file: String, in path: String) throws {
        guard unlink(file) == 0 || errno == ENOENT else {
            throw StoreError(.unreadable, path, "\(file) cannot be removed: \(errorText(errno))")
        }
    }

    /// Makes sure that names created in this folder outlive a power failure.
    func syncNames() {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

extension StoreFolder {
    /// No small file has more bytes: the longest names a path.
    private static let smallFileBytes = 1 << 15

    /// The bytes of one of the small files, or nil when it is not there.
    func contents(of file: String) throws -> [UInt8]? {
        let descriptor = Glibc.open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw unusable(file, "read", errno) }
            return nil
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.smallFileBytes)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw unusable(file, "read", errno) }
        return Array(bytes.prefix(count))
    }

    /// Writes one of the small files, wholly or not at all.
    ///
    /// Until it is complete it has a name that we know again, so that a killed packer leaves nothing strange behind.
    func write(_ bytes: [UInt8], to file: String) throws {
        let draft = Self.draft(of: file)
        let descriptor = Glibc.open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw unusable(file, "written", errno) }
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard isWritten else { throw unusable(file, "written", code) }
        guard rename(draft, file) == 0 else { throw unusable(file, "written", errno) }
        syncNames()
    }

    private static func draft(of file: String) -> String { file + ".new" }

    private func unusable(_ file: String, _ action: String, _ code: Int32) -> StoreError {
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(code)
        return StoreError(
            isFull ? .noSpace : .unreadable, path, "\(file) cannot be \(action): \(errorText(code))",
            wayOut: isFull ? StoreError.makeRoom : nil)
    }
}

/// The C library's words for an error number.
func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
