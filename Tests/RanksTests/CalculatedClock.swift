import Ranks
import Synchronization

/// A rank's time that passes only where it waits, or says that it computes.
final class CalculatedClock: LinkClock {
    private let time = Mutex(0)

    var now: Int { time.withLock { $0 } }
    func wait(until later: Int) { time.withLock { $0 = max($0, later) } }
    func compute(_ nanoseconds: Int) { time.withLock { $0 += nanoseconds } }
}
