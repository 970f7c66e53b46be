import Glibc

/// A file that is written beside the one whose place it takes, and takes it when it is whole.
///
/// Until ``finish()`` it has a name that no person gives, and it goes away with its owner; what a program left that was
/// killed goes when the next file is begun in that folder. Links stay links, and a file that is replaced hands on its
/// permissions.
package struct UnfinishedFile: ~Copyable {
    package let descriptor: Int32
    /// Where it gets to in the end, links followed.
    private let target: String
    /// Nil when it is written straight into what is there.
    private let temporary: String?
    private let writesThrough: Bool
    private var isFinished = false

    /// Begins a file.
    ///
    /// - Parameter writesThrough: whether what cannot be replaced is written into as it stands: devices, pipes, standard
    ///   streams, and files in a folder that takes no others.
    /// - Precondition: without `writesThrough`, ``canReplace(_:)``.
    package init(path: String, writesThrough: Bool = false) throws(SystemError) {
        self.writesThrough = writesThrough
        target = FilePath.followed(path)
        guard let old = try FileStatus.find(path) else {
            (descriptor, temporary) = try Self.created(beside: target)
            return
        }
        if writesThrough, !old.isRegular || old.isStandardStream {
            (descriptor, temporary) = (try Self.opened(path), nil)
            return
        }
        guard !writesThrough || access(path, W_OK) == 0 else { throw SystemError() }
        do throws(SystemError) {
            (descriptor, temporary) = try Self.created(beside: target)
        } catch {
            guard writesThrough, [EACCES, EPERM, EROFS].contains(error.code) else { throw error }
            (descriptor, temporary) = (try Self.opened(path), nil)
            return
        }
        old.handOn(to: descriptor)
    }

    deinit {
        if !isFinished, let temporary { unlink(temporary) }
        close(descriptor)
    }

    /// Whether a file can take the place of what is there, if anything is.
    package static func canReplace(_ path: String) -> Bool {
        guard let found = try? FileStatus.find(path) else { return true }
        return found.isRegular
    }

    /// Finds out whether a file can be written there, straight into what is there if need be, and changes nothing.
    package static func checkWritable(_ path: String) throws(SystemError) {
        guard let found = try FileStatus.find(path) else {
            _ = try UnfinishedFile(path: path)
            return
        }
        if found.isFolder { throw SystemError(code: EISDIR) }
        guard access(path, W_OK) == 0 else { throw SystemError() }
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        try Self.write(bytes, to: descriptor)
    }

    package func write(_ bytes: [UInt8]) throws(SystemError) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
            try Self.write(UnsafeRawBufferPointer(bytes), to: descriptor)
        }
    }

    /// Makes the file last and gives it its name.
    package mutating func finish() throws(SystemError) {
        guard fsync(descriptor) == 0 || temporary == nil && [EINVAL, EROFS].contains(errno) else { throw SystemError() }
        if let temporary {
            if rename(temporary, target) != 0 {
                let error = SystemError()
                // A file that something else is mounted on, or that belongs to somebody else in a folder like /tmp.
                guard writesThrough, [EBUSY, EPERM, EACCES].contains(error.code) else { throw error }
                try copy()
                unlink(temporary)
            }
            Self.makeNamesLast(in: FilePath.folder(of: target))
        }
        isFinished = true
    }

    private static func created(beside target: String) throws(SystemError) -> (Int32, String) {
        guard FilePath.name(in: target) != nil else { throw SystemError(code: EISDIR) }
        let folder = FilePath.folder(of: target)
        let created = try AbandonedFiles.create(in: folder)
        AbandonedFiles.remove(in: folder)
        return created
    }

    private static func opened(_ path: String) throws(SystemError) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError() }
        return descriptor
    }

    /// Writes what is whole into what cannot be replaced.
    private func copy() throws(SystemError) {
        let output = try Self.opened(target)
        defer { close(output) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var offset = 0
        while case let count = pread(descriptor, &bytes, bytes.count, offset), count != 0 {
            guard count > 0 else { throw SystemError() }
            try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
                try Self.write(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[..<count])), to: output)
            }
            offset += count
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw count < 0 ? SystemError() : SystemError(code: EIO) }
            done += count
        }
    }

    /// Where this is not possible the name may be lost with the machine's power, but never the file that had it.
    private static func makeNamesLast(in folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

extension UnfinishedFile {
    /// Writes a whole file at once; see ``init(path:writesThrough:)``.
    package static func write(_ bytes: [UInt8], to path: String, writesThrough: Bool = false) throws(SystemError) {
        var file = try UnfinishedFile(path: path, writesThrough: writesThrough)
        try file.write(bytes)
        try file.finish()
    }
}

/// What is at a path, links followed.
private struct FileStatus {
    private var status = stat()

    /// Nil when nothing is there.
    static func find(_ path: String) throws(SystemError) -> FileStatus? {
        var found = FileStatus()
        if stat(path, &found.status) == 0 { return found }
        let error = SystemError()
        guard error.code == ENOENT else { throw error }
        return nil
    }

    var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }
    var isFolder: Bool { status.st_mode & S_IFMT == S_IFDIR }

    /// Whether it is what standard output or error go to.
    var isStandardStream: Bool {
        [STDOUT_FILENO, STDERR_FILENO].contains { stream in
            var other = stat()
            return fstat(stream, &other) == 0 && other.st_dev == status.st_dev && other.st_ino == status.st_ino
        }
    }

    /// Gives its owner, as far as this may be, and its permissions to another file.
    func handOn(to descriptor: Int32) {
        _ = fchown(descriptor, status.st_uid, status.st_gid)
        _ = fchmod(descriptor, status.st_mode & 0o777)
    }
}
