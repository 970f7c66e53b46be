import Glibc

/// A lock with a condition to wait for (`Synchronization` has no condition variables).
final class Monitor: @unchecked Sendable {  // Both are made to be shared, and never move.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
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

    /// Wakes all who wait. What they wait for must have been changed under the lock, or the lock taken since.
    func wakeAll() { pthread_cond_broadcast(condition) }
}
