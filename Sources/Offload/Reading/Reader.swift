import CUV
import Glibc
import Synchronization

/// Reads a file with a thread of its own and libuv's pool.
///
/// Transfers that are demanded go before those read ahead, each kind in the order it was asked for. No more reads are
/// started than the pool has threads: what waits in libuv's queue could be neither overtaken nor cancelled.
final class Reader: Sendable {
    enum Urgency: Int, Sendable { case demanded, ahead }

    /// What one read fetches.
    static let pieceBytes = 1 << 20

    /// Threads of libuv's pool: `UV_THREADPOOL_SIZE`, or 8. The pool reads the variable once, when first used.
    static let poolThreads: Int = {
        setenv("UV_THREADPOOL_SIZE", "8", 0)
        let threads = getenv("UV_THREADPOOL_SIZE").flatMap { Int(String(cString: $0)) } ?? 4
        return min(max(threads, 1), 1024)
    }()

    private let mailbox: Mailbox
    private let thread: uv_thread_t

    /// Starts the loader's thread.
    init(_ file: DirectFile, pieceBytes: Int = Reader.pieceBytes, lanes: Int = Reader.poolThreads) throws {
        precondition(pieceBytes > 0 && pieceBytes % DirectFile.alignment == 0, "pieces of \(pieceBytes) bytes")
        mailbox = try Mailbox()
        let loader = Loader(file, mailbox, pieceBytes: pieceBytes, lanes: min(lanes, Self.poolThreads))
        var options = uv_thread_options_t(flags: UV_THREAD_HAS_STACK_SIZE.rawValue, stack_size: 256 << 10)
        var thread = uv_thread_t()
        let argument = Unmanaged.passRetained(loader)
        let code = uv_thread_create_ex(
            &thread, &options, { Unmanaged<Loader>.fromOpaque($0!).takeRetainedValue().run() }, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            mailbox.discard()
            throw ReadError(path: "the loader", found: "cannot be started: \(String(cString: uv_strerror(code)))")
        }
        self.thread = thread
    }

    deinit { stop() }

    /// Drops what has not been started, waits for the reads under way, and ends the thread. Not to be called from it.
    func stop() {
        guard mailbox.close() else { return }
        var thread = thread
        uv_thread_join(&thread)
    }

    /// Takes a transfer over. Takes effect with the next ``wake()``, like the two below.
    func start(_ transfer: Transfer, _ urgency: Urgency) {
        precondition(transfer.offset % DirectFile.alignment == 0 && transfer.length % DirectFile.alignment == 0)
        precondition(transfer.length > 0 && transfer.length <= transfer.memory.count, "\(transfer.length) bytes")
        mailbox.post(.start(transfer, urgency))
    }

    /// Moves a transfer that is read ahead to those demanded. Does nothing when it has ended.
    func promote(_ transfer: Transfer) { mailbox.post(.promote(transfer)) }

    /// Starts no further read of a transfer. Does nothing when it has ended.
    func cancel(_ transfer: Transfer) { mailbox.post(.cancel(transfer)) }

    /// Lets the loader look at what was posted.
    func wake() { mailbox.ring() }

    var bytesRead: Int { mailbox.bytesRead.load(ordering: .relaxed) }
    /// Seconds during which at least one read was under way.
    var readSeconds: Double { mailbox.busyTime.withLock { $0.seconds } }
}
