import Glibc

/// The time by which a ``LinkTransport`` delays what it carries, in nanoseconds.
///
/// All ranks must have the same one, or clocks that agree.
package protocol LinkClock: AnyObject, Sendable {
    var now: Int { get }
    /// Returns when it is that late.
    func wait(until time: Int)
}

/// The clock of this machine, the same for all its programs.
package final class MachineClock: LinkClock {
    package init() {}

    package var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// Sleeps at first, and does not for the last moment, since sleepers wake late.
    package func wait(until time: Int) {
        let moment = 100_000
        while case let left = time - now, left > 0 {
            if left > 2 * moment { usleep(UInt32(min((left - moment) / 1000, 900_000))) } else { sched_yield() }
        }
    }
}
