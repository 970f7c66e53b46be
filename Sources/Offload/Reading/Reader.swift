import CUV
import Synchronization

/// Reads a file with a thread of its own and libuv's pool.
///
/// Transfers that are demanded go before those read ahead, each kind in the order it was asked for. No more reads are
/// started than the pool has threads: what waits in libuv's queue could be neither overtaken nor cancelled.
package final class Reader: Sendable {
    package enum Urgency: Int, Sendable { case demanded, ahead }

    /// What one read fetches.
    package static let pieceBytes = 1 << 20

    private let mailbox: Mailbox
    private let thread: SystemThread
    /// Reads that may be under way at once.
    package let lanes: Int

    /// Starts the loader's thread.
    ///
    /// - Throws: ``ReadError`` when the system grants too few threads or descriptors.
    package init(_ file: any ReadSource, pieceBytes: Int = Reader.pieceBytes, lanes: Int = .max) throws {
        precondition(pieceBytes > 0 && pieceBytes % DirectFile.alignment == 0, "pieces of \(pieceBytes) bytes")
        mailbox = try Mailbox()
        do {
            let lanes = min(lanes, try ReadingPool.threads(startedOn: mailbox.loop))
            let mailbox = mailbox
            thread = try SystemThread(stackBytes: 256 << 10) {
                Loader(file, mailbox, pieceBytes: pieceBytes, lanes: lanes).run()
            }
            self.lanes = lanes
        } catch {
            mailbox.discard()
            throw error
        }
    }

    deinit { stop() }

    /// Drops what has not been started, waits for the reads under way, and ends the thread. Not to be called from it.
    package func stop() {
        guard mailbox.close() else { return }
        thread.join()
    }

    /// Takes a transfer over. Takes effect with the next ``wake()``, like the two below.
    package func start(_ transfer: Transfer, _ urgency: Urgency) {
        precondition(transfer.offset % DirectFile.alignment == 0 && transfer.length % DirectFile.alignment == 0)
        precondition(transfer.length > 0 && transfer.length <= transfer.memory.count, "\(transfer.length) bytes")
        mailbox.post(.start(transfer, urgency))
    }

    /// Moves a transfer that is read ahead to those demanded. Does nothing when it has ended.
    package func promote(_ transfer: Transfer) { mailbox.post(.promote(transfer)) }

    /// Starts no further read of a transfer. Does nothing when it has ended.
    package func cancel(_ transfer: Transfer) { mailbox.post(.cancel(transfer)) }

    /// Lets the loader look at what was posted.
    package func wake() { mailbox.ring() }

    package var bytesRead: Int { mailbox.bytesRead.load(ordering: .relaxed) }
    /// Seconds during which at least one read was under way.
    package var readSeconds: Double { mailbox.busyTime.withLock { $0.seconds } }
}
