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
            guard count > 0 else { throw Self.writeError(path, errno) }
            done += count
        }
    }

    /// Makes the file last and gives it its name; a file that had the name is replaced.
    mutating func finish() throws {
        guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else { throw Self.writeError(path, errno) }
        isFinished = true
        Self.makeNamesLast(in: Self.folder(of: path))
    }

    /// Where this is not possible the name may be lost with the machine's power, but never the file that had it.
    private static func makeNamesLast(in folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func folder(of path: String) -> String { URL(filePath: path).deletingLastPathComponent().path }

    private static func writeError(_ path: String, _ code: Int32) -> ModelFileError {
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(code)
        return error(
            path, "cannot be written: \(String(cString: strerror(code)))",
            isFull ? "Make room, or choose another disk; what was there before is untouched" : nil)
    }

    private static func checkRoom(for size: Int, at path: String) throws {
        let folder = folder(of: path)
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
