/// A stretch of the file on its way to memory, in pieces.
///
/// Its maker sets `offset` and `length` and hands it to a ``Reader``; from then on it is the loader's alone, until
/// ``TransferRecipient/transferEnded(_:_:)`` gives it back to be used again.
package final class Transfer: @unchecked Sendable {  // One owner at a time, handed over through the mailbox.
    package let memory: UnsafeMutableRawBufferPointer
    unowned let recipient: any TransferRecipient
    /// Where the stretch begins in the file, and how long it is: both whole multiples of ``DirectFile/alignment``.
    package var offset = 0
    package var length = 0

    // The loader's.
    var progress = TransferProgress()

    package init(into memory: UnsafeMutableRawBufferPointer, for recipient: any TransferRecipient) {
        self.memory = memory
        self.recipient = recipient
    }
}

/// Who gets the bytes of a transfer. Called on the loader's thread, which waits meanwhile.
package protocol TransferRecipient: AnyObject, Sendable {
    /// The first `byteCount` bytes are in memory.
    ///
    /// - Throws: when they are not what they should be; the transfer then fails with this error.
    func transfer(_ transfer: Transfer, reached byteCount: Int) throws

    /// Nothing more will be written to the memory of this transfer.
    func transferEnded(_ transfer: Transfer, _ outcome: TransferOutcome)
}

package enum TransferOutcome {
    case landed
    case failed(any Error)
    case cancelled
}

/// How far a transfer has come.
struct TransferProgress {
    /// Its place in the queue, which changes when it is promoted; nil when it is not with the loader.
    var ticket: Int?
    /// Bytes that reads were started for.
    var started = 0
    /// Reads under way.
    var inFlight = 0
    /// Pieces that landed, in any order.
    var landed: [Bool] = []
    /// Leading pieces that landed.
    var leading = 0
    var isCancelled = false
    var failure: (any Error)?

    mutating func restart(ticket: Int, pieces: Int) {
        self.ticket = ticket
        (started, inFlight, leading, isCancelled, failure) = (0, 0, 0, false, nil)
        landed.removeAll(keepingCapacity: true)
        for _ in 0..<pieces { landed.append(false) }
    }

    /// Notes a piece, and tells how many leading pieces there are now.
    mutating func land(_ piece: Int) -> Int {
        landed[piece] = true
        while leading < landed.count, landed[leading] { leading += 1 }
        return leading
    }

    /// Whether no further read will be started.
    var isStopped: Bool { isCancelled || failure != nil }
}
