import Synchronization

/// Delays what another transport carries, as links would that are not there.
///
/// A rank sends its messages one after another, each for as long as its bytes take; a latency later they arrive, and
/// ranks that several send to at once take one after another, too. What a rank computes meanwhile is not charged.
package final class LinkTransport: Transport {
    private let base: any Transport
    private let links: Links
    private let clock: any LinkClock
    private let state = Mutex(State())

    /// - Parameter clock: one that all ranks share, as the programs of one machine do.
    package init(_ base: any Transport, _ links: Links, clock: any LinkClock = MachineClock()) {
        self.base = base
        self.links = links
        self.clock = clock
    }

    package var rank: Int { base.rank }
    package var count: Int { base.count }

    package func begin(_ messages: Messages) throws(RankFailure) -> Ticket {
        let flight = Flight(count)
        depart(messages, flight)
        // Times travel ahead of what they are about, wherever something travels at all.
        let times = Messages(
            step: Step(operation: .arrivals, occasion: messages.step.occasion), isOverlapped: messages.isOverlapped,
            outgoing: UnsafeRawBufferPointer(flight.departing),
            sent: .listed(flags { !messages.bytes(to: $0, of: count).isEmpty }),
            incoming: UnsafeMutableRawBufferPointer(flight.arriving),
            received: .listed(flags { !messages.bytes(from: $0, of: count).isEmpty }), stride: MemoryLayout<Int>.stride)
        flight.sizes = (0..<count).map { $0 == rank ? 0 : messages.bytes(from: $0, of: count).count }
        flight.times = try base.begin(times)
        let ticket = try base.begin(messages)
        state.withLock { $0.flights[ticket] = flight }
        return ticket
    }

    package func finish(_ ticket: Ticket, within patience: Duration) throws(RankFailure) {
        guard let flight = state.withLock({ $0.flights.removeValue(forKey: ticket) }), let times = flight.times else {
            preconditionFailure("the \(ticket.step) was never begun")
        }
        try base.finish(times, within: patience)
        try base.finish(ticket, within: patience)
        let arrival = arrive(flight)
        if arrival.time > clock.now, Duration.nanoseconds(arrival.time - clock.now) > patience {
            let failure = RankFailure.missing([arrival.sender], at: ticket.step, within: patience)
            base.fail(failure)
            throw failure
        }
        clock.wait(until: max(arrival.time, flight.departed))
    }

    package func fail(_ failure: RankFailure) { base.fail(failure) }

    /// Sends one message after another, beginning with the next rank so that not all send to the same one at once.
    private func depart(_ messages: Messages, _ flight: Flight) {
        let now = clock.now
        state.withLock { state in
            for step in 1..<max(count, 1) {
                let other = (rank + step) % count
                let bytes = messages.bytes(to: other, of: count).count
                guard bytes > 0 else { continue }
                guard let link = links[rank, other] else {
                    flight.departing[other] = now
                    continue
                }
                state.sentUntil = max(state.sentUntil, now) + nanoseconds(Double(bytes) / link.bandwidth)
                flight.departing[other] = state.sentUntil + nanoseconds(link.latency)
                flight.departed = state.sentUntil
            }
        }
    }

    /// When the last message has come, and from whom.
    private func arrive(_ flight: Flight) -> (time: Int, sender: Int) {
        let senders = (0..<count).filter { flight.sizes[$0] > 0 }
        return state.withLock { state in
            var last = (time: 0, sender: rank)
            for sender in senders.sorted(by: { (flight.arriving[$0], $0) < (flight.arriving[$1], $1) }) {
                var time = flight.arriving[sender]
                if let link = links[sender, rank] {
                    // It could come in while it was sent, unless another one did.
                    let duration = nanoseconds(Double(flight.sizes[sender]) / link.bandwidth)
                    time = max(time, state.receivedUntil + duration)
                    state.receivedUntil = time
                }
                if time > last.time { last = (time, sender) }
            }
            return last
        }
    }

    private func flags(_ isSet: (Int) -> Bool) -> [Range<Int>] {
        (0..<count).map { $0 != rank && isSet($0) ? $0..<$0 + 1 : 0..<0 }
    }

    private func nanoseconds(_ seconds: Double) -> Int { Int((seconds * 1e9).rounded(.up)) }

    private struct State {
        var flights: [Ticket: Flight] = [:]
        /// Until when the rank's link is busy, in each direction.
        var sentUntil = 0
        var receivedUntil = 0
    }
}

/// An exchange under way.
private final class Flight: @unchecked Sendable {  // Its rank alone has it.
    /// When each message that the rank sends arrives, and each that it receives.
    let departing: UnsafeMutableBufferPointer<Int>
    let arriving: UnsafeMutableBufferPointer<Int>
    /// When the last message has left.
    var departed = 0
    /// Bytes from each rank.
    var sizes: [Int] = []
    /// The exchange of the times.
    var times: Ticket?

    init(_ count: Int) {
        departing = .allocate(capacity: count)
        departing.initialize(repeating: 0)
        arriving = .allocate(capacity: count)
        arriving.initialize(repeating: 0)
    }

    deinit {
        departing.deallocate()
        arriving.deallocate()
    }
}
