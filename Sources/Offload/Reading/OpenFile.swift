import Glibc

/// A file open for reading; it closes when its owner goes away.
struct OpenFile: ~Copyable, Sendable {
    let path: String
    let descriptor: Int32
    let length: Int

    init(_ path: String, flags: Int32 = 0) throws(ReadError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | flags)
        guard descriptor >= 0 else { throw ReadError(path: path, found: "cannot be opened: \(errorText(errno))") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = ReadError(path: path, found: "cannot be looked at: \(errorText(errno))")
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
        length = Int(status.st_size)
    }

    deinit { close(descriptor) }

    var identity: FileIdentity? { FileIdentity(descriptor: descriptor) }

    /// Fills the buffer with the bytes at an offset.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(ReadError) {
        var done = 0
        while done < bytes.count {
            let count = pread(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw ReadError.ended(path, at: offset + done, wanted: offset + bytes.count)
            } else if errno != EINTR {
                throw ReadError(path: path, found: "cannot be read at byte \(offset + done): \(errorText(errno))")
            }
        }
    }

    /// Lets go of the page cache behind bytes that will not be read again, and around them: the kernel caches up to a
    /// huge page as one, and keeps it unless all of it is named.
    func dropCache(_ bytes: Range<Int>) {
        let start = bytes.lowerBound / Mapping.hugePage * Mapping.hugePage
        let end = (bytes.upperBound + Mapping.hugePage - 1) / Mapping.hugePage * Mapping.hugePage
        posix_fadvise(descriptor, off_t(start), off_t(end - start), POSIX_FADV_DONTNEED)
    }
}

/// Why bytes did not come.
package struct ReadError: Error, Equatable, CustomStringConvertible {
    package let path: String
    package let found: String

    package var description: String { "\(path) \(found)" }

    static func ended(_ path: String, at offset: Int, wanted: Int) -> ReadError {
        ReadError(path: path, found: "ends at byte \(offset), and bytes up to \(wanted) are needed")
    }
}
