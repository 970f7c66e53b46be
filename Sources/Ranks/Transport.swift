/// Carries bytes between ranks: between threads, or over MPI. ``Communicator`` makes everything else of it.
///
/// All ranks begin their exchanges in the same order. Between two of them only what is not empty travels, and neither
/// waits for the other where there is nothing.
package protocol Transport: AnyObject, Sendable {
    var rank: Int { get }
    /// How many ranks there are.
    var count: Int { get }

    /// Begins to send and receive. The buffers must stay where they are, untouched, until ``finish(_:within:)``.
    func begin(_ exchange: Messages) throws(RankFailure) -> Ticket
    /// Waits until everything of an exchange has been sent and received.
    func finish(_ ticket: Ticket, within patience: Duration) throws(RankFailure)
    /// Ends every rank with this failure, or with the one that was there first.
    func fail(_ failure: RankFailure)
}

/// An exchange under way.
package struct Ticket: Hashable, Sendable {
    /// How many exchanges the rank had begun before.
    let number: Int
    let step: Step
    /// What letters of it are marked with, so that they meet only where both sides are at the same step.
    let tag: Int32

    init(number: Int, step: Step) {
        self.number = number
        self.step = step
        tag = step.tag(turn: number)
    }

    package static func == (left: Ticket, right: Ticket) -> Bool { left.number == right.number }
    package func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

/// What one rank sends to and receives from all others in one exchange.
package struct Messages {
    package let step: Step
    /// Whether the rank computes before it waits, so that somebody else must see to it that bytes move.
    package var isOverlapped = false
    let outgoing: UnsafeRawBufferPointer
    let sent: Segments
    let incoming: UnsafeMutableRawBufferPointer
    let received: Segments
    /// Bytes of an element, which segments are counted in.
    let stride: Int

    package func bytes(to rank: Int, of count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: outgoing[inBytes(sent.range(rank, of: count), of: outgoing.count)])
    }

    package func bytes(from rank: Int, of count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: incoming[inBytes(received.range(rank, of: count), of: incoming.count)])
    }

    private func inBytes(_ range: Range<Int>, of limit: Int) -> Range<Int> {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= limit / stride,
            "elements \(range) of \(limit / stride) in the \(step)")
        return range.lowerBound * stride..<range.upperBound * stride
    }
}
