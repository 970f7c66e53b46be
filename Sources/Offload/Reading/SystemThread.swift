import CUV
import Glibc

/// A thread that has left the system's books once it is joined.
///
/// The kernel wakes whoever joins a thread a moment before it stops counting it, so that where threads are scarce the next
/// one would be refused.
final class SystemThread: @unchecked Sendable {  // `thread` is set before anybody else has this.
    private var thread = uv_thread_t()
    /// Where the system lists it.
    private let place = Guarded("")
    private let body: @Sendable () -> Void

    /// - Parameter stackBytes: nil for as much as libuv gives the threads of its pool.
    /// - Throws: ``ReadError`` when the system grants no further thread.
    init(stackBytes: Int? = nil, _ body: @escaping @Sendable () -> Void) throws(ReadError) {
        self.body = body
        var options = uv_thread_options_t(
            flags: stackBytes == nil ? UV_THREAD_NO_FLAGS.rawValue : UV_THREAD_HAS_STACK_SIZE.rawValue,
            stack_size: stackBytes ?? 0)
        let this = Unmanaged.passRetained(self)
        let code = uv_thread_create_ex(
            &thread, &options,
            { argument in
                let this = Unmanaged<SystemThread>.fromOpaque(argument!).takeRetainedValue()
                this.place.withLock { $0 = SystemThread.place() }
                this.body()
            }, this.toOpaque())
        if code != 0 {
            this.release()
            throw .loader("be started: \(String(cString: uv_strerror(code)))", limits: "ulimit -u and -v, pids.max")
        }
    }

    /// Waits until the thread has ended. To be called once.
    func join() { Self.join([self]) }

    static func join(_ threads: [SystemThread]) {
        for thread in threads { uv_thread_join(&thread.thread) }
        for thread in threads {
            let place = thread.place.withLock(\.self)
            var patience = 10_000
            while patience > 0, access(place, F_OK) == 0 {
                sched_yield()
                patience -= 1
            }
        }
    }

    /// That of the calling thread; nowhere, where there is no `/proc`.
    private static func place() -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { name in
            let count = readlink("/proc/thread-self", name.baseAddress!, name.count)
            return count > 0 ? "/proc/" + String(decoding: name.prefix(count), as: UTF8.self) : ""
        }
    }
}

extension ReadError {
    /// - Parameters:
    ///   - found: what cannot be done, and why.
    ///   - limits: what may be in the way.
    static func loader(_ found: String, limits: String) -> ReadError {
        ReadError(
            path: "the loader, which reads the store,",
            found: "cannot \(found); raise the limits of this process (\(limits))")
    }
}
