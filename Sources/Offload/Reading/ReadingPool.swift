import CUV
import Glibc

/// The threads of libuv's pool, which a process has once.
///
/// libuv starts them with the first read, and aborts the process if it is refused one of them. So it is tried before how
/// many are granted; the pool is told to have no more, and started while it is still so.
package enum ReadingPool {
    /// How many there are when nobody says otherwise.
    private static let usual = 8

    /// How many are asked for: by `UV_THREADPOOL_SIZE`, as libuv reads it.
    static let wanted = getenv(variable).map { size(named: String(cString: $0)) } ?? usual

    private static let variable = "UV_THREADPOOL_SIZE"
    private static let started = Guarded(0)

    /// The pool's size, once it has been started, for which it takes a loop that nobody runs yet.
    ///
    /// - Throws: ``ReadError`` when not even one thread is granted beside that of the loop.
    static func threads(startedOn loop: UnsafeMutablePointer<uv_loop_t>) throws -> Int {
        try started.withLock { started in
            if started > 0 { return started }
            let granted = granted(wanted + 1) - 1
            guard granted > 0 else {
                throw ReadError.loader(
                    "be started: it needs two threads, and the system grants \(granted + 1)",
                    limits: "ulimit -u and -v, pids.max")
            }
            setenv(variable, "\(granted)", 1)
            start(on: loop)
            started = granted
            return granted
        }
    }

    /// What libuv makes of its variable: `atoi`, whose number is then taken as unsigned, 0 as 1, and 1024 at most.
    package static func size(named text: String) -> Int { min(max(Int(UInt32(bitPattern: atoi(text))), 1), 1024) }

    /// How many threads the system grants at once, `most` at most: so many are started, and all of them ended.
    private static func granted(_ most: Int) -> Int {
        let end = Semaphore()
        var threads: [SystemThread] = []
        while threads.count < most, let thread = try? SystemThread({ end.wait() }) { threads.append(thread) }
        for _ in threads { end.signal() }
        SystemThread.join(threads)
        return threads.count
    }

    /// Lets one thread go at a time; with a condition all would wake at once and fight for its lock.
    private final class Semaphore: @unchecked Sendable {  // Made to be shared.
        private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

        init() { sem_init(semaphore, 0, 0) }

        deinit {
            sem_destroy(semaphore)
            semaphore.deallocate()
        }

        func wait() { while sem_wait(semaphore) != 0 {} }
        func signal() { sem_post(semaphore) }
    }

    /// Gives the pool something to do, which starts it.
    private static func start(on loop: UnsafeMutablePointer<uv_loop_t>) {
        var work = uv_work_t()
        withUnsafeMutablePointer(to: &work) { work in
            var isDone = false
            withUnsafeMutablePointer(to: &isDone) { isDone in
                work.pointee.data = UnsafeMutableRawPointer(isDone)
                uv_queue_work(loop, work, { _ in }) { work, _ in
                    work!.pointee.data.assumingMemoryBound(to: Bool.self).pointee = true
                }
                while !isDone.pointee { uv_run(loop, UV_RUN_ONCE) }
            }
        }
    }
}
