import Glibc

/// A condition variable and its lock.
final class Bell: @unchecked Sendable {  // Both parts are made to be shared.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(lock)
        condition.deallocate()
        lock.deallocate()
    }

    /// Wakes everybody who waits.
    func ring() {
        pthread_mutex_lock(lock)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(lock)
    }

    /// Sleeps until `isReached`, which is asked before the first sleep and after each ring. Now and then it is asked
    /// whether anybody is still interested, if that may change.
    func wait(asking interest: Interest?, until isReached: () -> Bool) {
        pthread_mutex_lock(lock)
        while !isReached() {
            guard let interest else {
                pthread_cond_wait(condition, lock)
                continue
            }
            var end = timespec.now(and: Crew.restlessness)
            guard pthread_cond_timedwait(condition, lock, &end) == ETIMEDOUT else { continue }
            pthread_mutex_unlock(lock)
            _ = interest.lastsForAll()
            pthread_mutex_lock(lock)
        }
        pthread_mutex_unlock(lock)
    }
}

extension timespec {
    /// So many nanoseconds from now, less than a second.
    fileprivate static func now(and nanoseconds: Int) -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let (seconds, rest) = (time.tv_nsec + nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
        return timespec(tv_sec: time.tv_sec + seconds, tv_nsec: rest)
    }
}
