/// An all-to-all that goes on while its rank computes, with buffers of its own.
///
/// Fill ``withOutgoing(_:)``, ``start(sending:receiving:of:)``, compute, ``wait()``, and read ``withIncoming(_:)``. It can
/// be used again and again without allocating; two of them in turns overlap one chunk's exchange with the other's work.
package struct Exchange<Element: BitwiseCopyable>: ~Copyable {
    private let communicator: Communicator
    private let outgoing: UnsafeMutableRawBufferPointer
    private let incoming: UnsafeMutableRawBufferPointer
    private var ticket: Ticket?

    /// - Parameters:
    ///   - outgoing: elements that a rank sends at most, and as many as it has for itself.
    ///   - incoming: elements that it receives at most, its own included.
    package init(_ communicator: Communicator, outgoing: Int, incoming: Int) {
        self.communicator = communicator
        self.outgoing = Self.buffer(outgoing)
        self.incoming = Self.buffer(incoming)
    }

    deinit {
        // Where it was never waited for, somebody may still copy from these buffers or into them: then they stay.
        guard ticket == nil else { return }
        outgoing.deallocate()
        incoming.deallocate()
    }

    /// Lends what will be sent.
    package mutating func withOutgoing<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableSpan<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(ticket == nil, "an exchange that has started is written to")
        var span = outgoing.bindMemory(to: Element.self).mutableSpan
        return try body(&span)
    }

    /// Lends what was received.
    package func withIncoming<Result: ~Copyable, Failure: Error>(
        _ body: (Span<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(ticket == nil, "an exchange that has not ended is read")
        return try body(UnsafeBufferPointer(incoming.bindMemory(to: Element.self)).span)
    }

    /// Begins to send each rank its part, and to receive a part from each.
    package mutating func start(sending sent: Segments, receiving received: Segments, of occasion: Occasion)
        throws(RankFailure)
    {
        precondition(ticket == nil, "an exchange that has not ended is started again")
        ticket = try communicator.begin(
            Messages(
                step: Step(operation: .allToAll, occasion: occasion), isOverlapped: true,
                outgoing: UnsafeRawBufferPointer(outgoing), sent: sent, incoming: incoming, received: received,
                stride: MemoryLayout<Element>.stride))
    }

    /// Waits until everything has been sent and received.
    package mutating func wait() throws(RankFailure) {
        guard let ticket else { preconditionFailure("an exchange that was not started is waited for") }
        try communicator.transport.finish(ticket, within: communicator.patience)
        self.ticket = nil
    }

    private static func buffer(_ elements: Int) -> UnsafeMutableRawBufferPointer {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: elements * MemoryLayout<Element>.stride, alignment: 64)
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        return buffer
    }
}
