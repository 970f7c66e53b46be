import Glibc

/// A lock with a condition to wait for (`Synchronization` has no condition variables).
final class Monitor: @unchecked Sendable {  // Both are made to be shared, and never move.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Waits until a condition holds, which is looked at under the lock at first and after every ``wakeAll()``.
    func wait(until holds: () -> Bool) {
        pthread_mutex_lock(mutex)
        while !holds() { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }

    /// The same, but for what may never come: every 20 milliseconds of waiting `isCancelled` is asked, outside the lock.
    ///
    /// - Returns: false when it said yes.
    func wait(unless isCancelled: () -> Bool, until holds: () -> Bool) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !holds() {
            var end = timespec()
            clock_gettime(CLOCK_MONOTONIC, &end)
            end.tv_nsec += 20_000_000
            if end.tv_nsec >= 1_000_000_000 {
                end.tv_sec += 1
                end.tv_nsec -= 1_000_000_000
            }
            guard pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT else { continue }
            pthread_mutex_unlock(mutex)
            let isEnd = isCancelled()
            pthread_mutex_lock(mutex)
            if isEnd { return holds() }
        }
        return true
    }

    /// Wakes all who wait. What they wait for must have been changed under the lock, or the lock taken since.
    func wakeAll() { pthread_cond_broadcast(condition) }
}

/// A value that one thread at a time sees: `Mutex`, but with a lock that ThreadSanitizer knows.
final class Guarded<Value>: @unchecked Sendable {  // `monitor` guards the value.
    private let monitor = Monitor()
    private var value: Value

    init(_ value: sending Value) { self.value = value }

    func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        try monitor.withLock { () throws(Failure) -> Result in try body(&value) }
    }
}
