import Glibc

/// Where the bytes of a trace come from: a file, standard input, or memory.
final class TraceSource {
    let name: String
    /// In bytes; very many where it is not known.
    let size: Int
    private let descriptor: Int32
    private var rest: ArraySlice<UInt8>
    private let monitor: TraceMonitor

    /// Opens a file; `-` is standard input.
    init(path: String, monitor: TraceMonitor) throws {
        name = path == "-" ? "standard input" : path
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(name) }
        self.descriptor = descriptor
        self.monitor = monitor
        rest = []
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
        size = kind == S_IFREG ? Int(status.st_size) : Int(Int32.max)
        if kind == S_IFDIR { throw ProfilingError("\(name) is a folder; give the trace files in it, one by one") }
    }

    init(_ bytes: [UInt8], name: String) {
        self.name = name
        descriptor = -1
        rest = bytes[...]
        monitor = TraceMonitor()
        size = bytes.count
    }

    deinit { if descriptor > STDIN_FILENO { close(descriptor) } }

    /// Reads what is at hand into the free end of a buffer.
    ///
    /// - Returns: the number of bytes; 0 at the end.
    func read(into buffer: inout [UInt8], from start: Int) throws -> Int {
        guard descriptor >= 0 else {
            let piece = rest.prefix(buffer.count - start)
            buffer.replaceSubrange(start..<start + piece.count, with: piece)
            rest = rest.dropFirst(piece.count)
            return piece.count
        }
        while true {
            try waitForInput()
            let count = buffer.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + start, $0.count - start)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.unreadable(name) }
            monitor.add(count)
            return count
        }
    }

    /// Hears of a cancellation even while nobody writes.
    private func waitForInput() throws {
        try monitor.checkCancellation()
        var input = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&input, 1, -1) < 0, errno == EINTR { try monitor.checkCancellation() }
    }

    private static func unreadable(_ name: String) -> ProfilingError {
        ProfilingError("could not read the trace \(name): \(String(cString: strerror(errno)))")
    }
}

/// Tells whoever waits how far the reading or writing of traces has come, and hears when they wait no longer.
final class TraceMonitor {
    private let isCancelled: () -> Bool
    private let onProgress: (_ done: Int, _ all: Int) -> Void
    private let all: Int
    private var done = 0

    /// - Parameter all: what there is to do; 0 where it is not known.
    init(
        all: Int = 0, isCancelled: @escaping () -> Bool = { false },
        onProgress: @escaping (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) {
        self.all = all
        self.isCancelled = isCancelled
        self.onProgress = onProgress
    }

    func checkCancellation() throws {
        if isCancelled() { throw CancellationError() }
    }

    func add(_ count: Int) {
        done += count
        if all > 0 { onProgress(min(done, all), all) }
    }
}
