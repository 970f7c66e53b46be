import Files
import FoundationEssentials
import Glibc

/// A file that is written from front to back under a temporary name and gets its own at the end.
///
/// Without ``finish()`` nothing of it stays.
struct OutputFile: ~Copyable {
    let path: String
    private var file: UnfinishedFile

    /// Begins a file of `size` bytes, if the disk has room for it.
    init(path: String, size: Int) throws {
        try Self.checkRoom(for: size, at: path)
        guard UnfinishedFile.canReplace(path) else {
            throw Self.error(path, "cannot be written: it is there and is no file", "Choose another name")
        }
        do throws(SystemError) {
            file = try UnfinishedFile(path: path)
        } catch {
            throw Self.error(path, "cannot be written: \(error)")
        }
        self.path = path
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        do throws(SystemError) { try file.write(bytes) } catch { throw Self.writeError(path, error) }
    }

    /// Makes the file last and gives it its name; a file that had the name is replaced.
    mutating func finish() throws {
        do throws(SystemError) { try file.finish() } catch { throw Self.writeError(path, error) }
    }

    private static func writeError(_ path: String, _ failure: SystemError) -> ModelFileError {
        error(
            path, "cannot be written: \(failure)",
            failure.isLackOfRoom ? "Make room, or choose another disk; what was there before is untouched" : nil)
    }

    private static func checkRoom(for size: Int, at path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            let failure = SystemError()
            throw error(path, "cannot be written: \(folder): \(failure)")
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
