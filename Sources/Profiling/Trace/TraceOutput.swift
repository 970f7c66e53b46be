import Glibc

/// A text that is written from front to back.
///
/// Under a temporary name it gets its own at the end, and without ``finish()`` nothing of it stays.
struct TraceOutput: ~Copyable {
    private static let chunk = 1 << 16

    private let path: String
    private let isTemporary: Bool
    private let descriptor: Int32
    private var pending: [UInt8] = []
    private var isFinished = false

    private var temporaryPath: String { path + ".partial" }

    init(path: String, isTemporary: Bool) throws {
        if isTemporary { try Self.checkTarget(path) }
        let descriptor = open(
            isTemporary ? path + ".partial" : path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ProfilingError("could not create the routing trace \(path): \(String(cString: strerror(errno)))")
        }
        self.path = path
        self.isTemporary = isTemporary
        self.descriptor = descriptor
        pending.reserveCapacity(Self.chunk + 1 << 16)
    }

    deinit {
        close(descriptor)
        if isTemporary, !isFinished { unlink(temporaryPath) }
    }

    /// Lets whoever calls add to the text.
    mutating func append(_ body: (inout [UInt8]) throws -> Void) throws {
        try body(&pending)
        if pending.count > Self.chunk { try flush() }
    }

    /// Writes the rest and gives the file its name; one that had the name is replaced.
    mutating func finish() throws {
        try flush()
        if isTemporary {
            guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else { throw failure() }
        }
        isFinished = true
    }

    private mutating func flush() throws {
        var done = 0
        while done < pending.count {
            let count = pending.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            done += count
        }
        pending.removeAll(keepingCapacity: true)
    }

    private func failure() -> ProfilingError {
        let code = errno
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(code)
        return ProfilingError(
            "could not write the routing trace \(path): \(String(cString: strerror(code)))"
                + (isFull ? "; make room, or choose another disk" : ""))
    }

    /// A device or a folder cannot be replaced by a file.
    private static func checkTarget(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        throw ProfilingError("could not write the routing trace \(path): it is there and is no file")
    }
}

/// Numbers and lists as bytes of a text.
extension [UInt8] {
    mutating func append(_ text: String) { append(contentsOf: text.utf8) }

    mutating func append(_ number: some BinaryInteger) {
        guard number >= 0, number < 10 else { return append("\(number)") }
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number))
    }

    /// The shortest text that reads back as the same number.
    mutating func append(_ number: Float, otherwise: String) {
        append(number.isFinite ? number.description : otherwise)
    }

    mutating func append<Value>(list: some Sequence<Value>, _ element: (inout [UInt8], Value) -> Void) {
        append(UInt8(ascii: "["))
        var isFirst = true
        for value in list {
            if !isFirst { append(UInt8(ascii: ",")) }
            element(&self, value)
            isFirst = false
        }
        append(UInt8(ascii: "]"))
    }
}
