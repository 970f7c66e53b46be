import FoundationEssentials
import Glibc

/// A file that is read in pieces into memory of our own.
package final class InputFile: Sendable {
    package let path: String
    /// Bytes when it was opened.
    package let size: Int
    /// When it was last changed, in nanoseconds.
    package let modificationTime: Int
    private let descriptor: Int32

    package init(path: String) throws {
        // Not blocking, or opening a pipe would wait for its writer.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ModelFileError.cannotOpen(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw ModelFileError(path: path, problem: "is not a regular file")
        }
        self.path = path
        size = status.st_size
        modificationTime = status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Fills `bytes` from `offset` on.
    func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, bytes.count <= size, offset <= size - bytes.count else {
            throw error("\(bytes.count) bytes at offset \(offset) were asked for, but the file has \(size)")
        }
        var done = 0
        while done < bytes.count {
            let count = pread(descriptor, bytes.baseAddress! + done, bytes.count - done, offset + done)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw error("cannot be read at offset \(offset + done): \(String(cString: strerror(errno)))")
            }
            guard count > 0 else {
                throw error("ends at \(offset + done), but had \(size) bytes when it was opened", "Leave it in peace")
            }
            done += count
        }
    }

    /// A copy of `count` bytes from `offset` on.
    package func bytes(at offset: Int, count: Int) throws -> [UInt8] {
        guard count >= 0, count <= size else { throw error("is \(size) bytes long; \(count) were asked for") }
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }

    /// The whole file, if it is not longer than `limit` bytes.
    func contents(limit: Int) throws -> [UInt8] {
        guard size <= limit else { throw error("is \(size) bytes long; at most \(limit) are read of such a file") }
        return try bytes(at: 0, count: size)
    }

    package func error(_ problem: String, _ remedy: String? = nil) -> ModelFileError {
        ModelFileError(path: path, problem: problem, remedy: remedy)
    }
}

extension ModelFileError {
    static func cannotOpen(_ path: String, _ code: Int32) -> ModelFileError {
        switch code {
        case ENOENT, ENOTDIR: missing(path)
        case EACCES, EPERM:
            ModelFileError(
                path: path, problem: "may not be read", remedy: "Check its permissions and those of its folder")
        default: ModelFileError(path: path, problem: "cannot be opened: \(String(cString: strerror(code)))")
        }
    }
    /// What is missing may be what a link means: a hub's cache, and what was copied from it, is made of links.
    private static func missing(_ path: String) -> ModelFileError {
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
            return ModelFileError(path: path, problem: "there is no such file or folder")
        }
        return ModelFileError(
            path: path, problem: "is a link to \(target), which is missing",
            remedy: "Download the model again, or copy it with what its links mean (cp -rL)")
    }
}
