import Glibc

/// What ranks that are threads share: letters that one has sent or awaits, and the failure that ends them all.
///
/// Who comes second copies, straight from the sender's buffer to the receiver's and with the lock held: when a rank has
/// learned of a failure nobody touches its buffers anymore.
final class RankGroup: @unchecked Sendable {  // Everything mutable is behind `lock`.
    let count: Int
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var sent: [Route: UnsafeRawBufferPointer] = [:]
    private var awaited: [Route: UnsafeMutableRawBufferPointer] = [:]
    /// Letters that are not through yet.
    private var open: [Receipt: Set<Route>] = [:]
    private var ended: Set<Int> = []
    private var firstFailure: RankFailure?

    init(_ count: Int) {
        self.count = count
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(lock)
        changed.deallocate()
        lock.deallocate()
    }

    var failure: RankFailure? { locked { firstFailure } }

    /// Ends all ranks: whoever waits, or will, throws the first failure.
    func fail(_ failure: RankFailure) {
        locked {
            firstFailure = firstFailure ?? failure
            pthread_cond_broadcast(changed)
        }
    }

    /// Takes note that a rank has returned; its buffers may be gone.
    func end(_ rank: Int) {
        locked {
            ended.insert(rank)
            sent = sent.filter { $0.key.sender != rank }
            awaited = awaited.filter { $0.key.receiver != rank }
            pthread_cond_broadcast(changed)
        }
    }

    func begin(_ messages: Messages, _ ticket: Ticket, of rank: Int) throws(RankFailure) {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        if let firstFailure { throw firstFailure }
        open[Receipt(rank: rank, ticket: ticket)] = []
        for other in 0..<count where other != rank {
            let letter = messages.bytes(to: other, of: count)
            if !letter.isEmpty { try send(letter, Route(rank, other, ticket)) }
            let space = messages.bytes(from: other, of: count)
            if !space.isEmpty { try receive(space, Route(other, rank, ticket)) }
        }
    }

    func finish(_ ticket: Ticket, of rank: Int, within patience: Duration) throws(RankFailure) {
        let receipt = Receipt(rank: rank, ticket: ticket)
        var deadline = timespec(after: patience)
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            if let firstFailure { throw firstFailure }
            let others = others(than: rank, in: receipt)
            if others.isEmpty { break }
            let gone = others.intersection(ended)
            if !gone.isEmpty { throw failLocked(.ended(gone.sorted(), before: ticket.step)) }
            guard pthread_cond_timedwait(changed, lock, &deadline) == ETIMEDOUT else { continue }
            let missing = self.others(than: rank, in: receipt)
            if firstFailure == nil, !missing.isEmpty {
                throw failLocked(.missing(missing.sorted(), at: ticket.step, within: patience))
            }
        }
        open[receipt] = nil
    }

    /// Whom letters are still to come from, or to go to.
    private func others(than rank: Int, in receipt: Receipt) -> Set<Int> {
        Set((open[receipt] ?? []).map { $0.sender == rank ? $0.receiver : $0.sender })
    }

    private func send(_ letter: UnsafeRawBufferPointer, _ route: Route) throws(RankFailure) {
        guard let space = awaited.removeValue(forKey: route) else {
            sent[route] = letter
            open[route.sending]?.insert(route)
            return
        }
        try deliver(letter, into: space, route)
        open[route.receiving]?.remove(route)
    }

    private func receive(_ space: UnsafeMutableRawBufferPointer, _ route: Route) throws(RankFailure) {
        guard let letter = sent.removeValue(forKey: route) else {
            awaited[route] = space
            open[route.receiving]?.insert(route)
            return
        }
        try deliver(letter, into: space, route)
        open[route.sending]?.remove(route)
    }

    private func deliver(_ letter: UnsafeRawBufferPointer, into space: UnsafeMutableRawBufferPointer, _ route: Route)
        throws(RankFailure)
    {
        guard letter.count == space.count else {
            throw failLocked(
                .size(
                    of: letter.count, from: route.sender, to: route.receiver, awaited: space.count,
                    in: route.ticket.step))
        }
        space.copyMemory(from: letter)
        pthread_cond_broadcast(changed)
    }

    private func failLocked(_ failure: RankFailure) -> RankFailure {
        firstFailure = firstFailure ?? failure
        pthread_cond_broadcast(changed)
        return firstFailure!
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }

    private func timespec(after patience: Duration) -> timespec {
        var time = Glibc.timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let nanoseconds = time.tv_nsec + Int(patience.components.attoseconds / 1_000_000_000)
        time.tv_sec += Int(patience.components.seconds) + nanoseconds / 1_000_000_000
        time.tv_nsec = nanoseconds % 1_000_000_000
        return time
    }
}

/// The way of one letter.
private struct Route: Hashable {
    let sender: Int
    let receiver: Int
    let ticket: Ticket
    let tag: Int32

    init(_ sender: Int, _ receiver: Int, _ ticket: Ticket) {
        self.sender = sender
        self.receiver = receiver
        self.ticket = ticket
        tag = ticket.tag
    }

    var sending: Receipt { Receipt(rank: sender, ticket: ticket) }
    var receiving: Receipt { Receipt(rank: receiver, ticket: ticket) }
}

/// One rank's side of an exchange.
private struct Receipt: Hashable {
    let rank: Int
    let ticket: Ticket
}
