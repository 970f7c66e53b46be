import FoundationEssentials
import Glibc

/// A file that is written from front to back under a temporary name and gets its own at the end.
///
/// Without ``finish()`` nothing of it stays.
struct OutputFile: ~Copyable {
    let path: String
    private let descriptor: Int32
    private var isFinished = false

    private var temporaryPath: String { path + ".partial" }

    /// Begins a file of `size` bytes, if the disk has room for it.
    init(path: String, size: Int) throws {
        try Self.checkRoom(for: size, at: path)
        let descriptor = open(path + ".partial", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.error(path, "cannot be written: \(String(cString: strerror(errno)))") }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(temporaryPath) }
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.error(path, "writing failed: \(String(cString: strerror(errno)))") }
            done += count
        }
    }

    /// Makes the file last and gives it its name; a file that had the name is replaced.
    mutating func finish() throws {
        guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
            throw Self.error(path, "cannot be completed: \(String(cString: strerror(errno)))")
        }
        isFinished = true
    }

    private static func checkRoom(for size: Int, at path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            throw error(path, "cannot be written: \(folder): \(String(cString: strerror(errno)))")
        }
        let (free, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
        guard overflow || free >= size else {
            throw error(path, "needs \(size) bytes, but its disk has \(free) free", "Make room, or choose another disk")
        }
    }

    private static func error(_ path: String, _ problem: String, _ remedy: String? = nil) -> ModelFileError {
        ModelFileError(path: path, problem: problem, remedy: remedy)
    }
}
