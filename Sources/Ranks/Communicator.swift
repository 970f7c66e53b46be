/// One rank's side of what all ranks do together.
///
/// Every rank calls the same operations in the same order, one at a time, with sizes that fit each other. Reductions add
/// in the order of the ranks, so each of them gets the same bits, whatever carries them.
package final class Communicator {
    let transport: any Transport
    /// How long it waits for the other ranks.
    package var patience: Duration
    /// Terms of other ranks, until they are added.
    private(set) var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    package init(_ transport: any Transport, patience: Duration = .seconds(30)) {
        self.transport = transport
        self.patience = patience
    }

    deinit { scratch.deallocate() }

    package var rank: Int { transport.rank }
    /// How many ranks there are.
    package var count: Int { transport.count }

    func reserveScratch(_ bytes: Int) {
        guard bytes > scratch.count else { return }
        scratch.deallocate()
        scratch = .allocate(byteCount: bytes, alignment: 64)
    }

    /// Sends and receives, and copies what a rank has for itself.
    func exchange(_ messages: Messages) throws(RankFailure) {
        let ticket = try begin(messages)
        try transport.finish(ticket, within: patience)
    }

    func begin(_ messages: Messages) throws(RankFailure) -> Ticket {
        let own = messages.bytes(to: rank, of: count)
        let kept = messages.bytes(from: rank, of: count)
        precondition(
            own.count == kept.count, "\(own.count) bytes for itself into \(kept.count) in the \(messages.step)")
        if own.baseAddress != UnsafeRawPointer(kept.baseAddress) { kept.copyMemory(from: own) }
        return try transport.begin(messages)
    }
}
