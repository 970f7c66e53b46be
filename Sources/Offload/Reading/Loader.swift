import CUV
import Glibc
import HeapModule
import Synchronization

/// The thread that owns libuv's loop: it takes messages, starts reads, and tells recipients what landed.
///
/// Everything here runs on that one thread.
final class Loader {
    private struct Queued: Comparable {
        let urgency: Reader.Urgency
        let ticket: Int
        let transfer: Transfer

        static func < (a: Queued, b: Queued) -> Bool { (a.urgency.rawValue, a.ticket) < (b.urgency.rawValue, b.ticket) }
        static func == (a: Queued, b: Queued) -> Bool { a.ticket == b.ticket }
    }

    private let file: any ReadSource
    private let mailbox: Mailbox
    private let pieceBytes: Int
    private var messages: [Mailbox.Message] = []
    private var queue: Heap<Queued> = []
    /// Lanes without a read. A busy one is kept alive by `lanes`, since libuv knows it by address only.
    private var idleLanes: [Lane] = []
    private var lanes: [Lane] = []
    private let laneCount: Int
    private var tickets = 0
    private var isStopping = false

    init(_ file: any ReadSource, _ mailbox: Mailbox, pieceBytes: Int, lanes: Int) {
        self.file = file
        self.mailbox = mailbox
        self.pieceBytes = pieceBytes
        laneCount = lanes
        queue.reserveCapacity(256)
    }

    func run() {
        let this = Unmanaged.passUnretained(self).toOpaque()
        mailbox.bell.pointee.data = this
        lanes = (0..<laneCount).map { _ in Lane(self, mailbox.loop) }
        idleLanes = lanes
        uv_async_send(mailbox.bell)  // For what was posted before there was somebody to deliver it to.
        uv_run(mailbox.loop, UV_RUN_DEFAULT)
        uv_loop_close(mailbox.loop)
    }

    /// The bell rang.
    func deliver() {
        mailbox.collect(into: &messages)
        for message in messages {
            switch message {
            case .start(let transfer, let urgency):
                let pieces = (transfer.length + pieceBytes - 1) / pieceBytes
                transfer.progress.restart(ticket: tickets, pieces: pieces)
                enqueue(transfer, urgency)
            case .promote(let transfer):
                // One that was cancelled goes on where it stopped.
                guard transfer.progress.ticket != nil || transfer.progress.isCancelled else { break }
                transfer.progress.isCancelled = false
                enqueue(transfer, .demanded)
            case .cancel(let transfer):
                guard transfer.progress.ticket != nil else { break }
                transfer.progress.isCancelled = true
                endIfDone(transfer)
            case .stop:
                isStopping = true
            }
        }
        messages.removeAll(keepingCapacity: true)
        pump()
    }

    /// Queues a transfer anew; an older place of it in the queue is passed over from now on.
    private func enqueue(_ transfer: Transfer, _ urgency: Reader.Urgency) {
        transfer.progress.ticket = tickets
        queue.insert(Queued(urgency: urgency, ticket: tickets, transfer: transfer))
        tickets += 1
    }

    /// Starts reads while there are lanes for them.
    private func pump() {
        if isStopping { return drain() }
        while let next = queue.min, !idleLanes.isEmpty {
            let progress = next.transfer.progress
            if progress.ticket != next.ticket || progress.isStopped || progress.started == next.transfer.length {
                queue.removeMin()
            } else {
                startPiece(of: next.transfer)
            }
        }
    }

    private func startPiece(of transfer: Transfer) {
        let lane = idleLanes.removeLast()
        mailbox.busyTime.withLock { $0.begin() }
        let start = transfer.progress.started
        let length = min(pieceBytes, transfer.length - start)
        transfer.progress.started += length
        transfer.progress.inFlight += 1
        lane.take(start..<start + length, of: transfer)
        lane.read(file)
    }

    /// A read came back.
    func landed(_ result: Int, in lane: Lane) {
        guard let transfer = lane.transfer else { return }
        let end = transfer.offset + lane.range.upperBound
        if result > 0 { mailbox.bytesRead.wrappingAdd(result, ordering: .relaxed) }
        switch lane.advance(by: result) {
        case .complete:
            let range = lane.range
            giveBack(lane)
            pump()  // The disk goes on while this piece is checked.
            land(range, of: transfer)
        case .goOn:
            return lane.read(file)
        case .ended(let offset):
            fail(lane, ReadError.ended(file.path, at: transfer.offset + offset, wanted: end))
        case .failed(let code, let offset):
            let words = String(cString: uv_strerror(code))
            fail(
                lane, ReadError(path: file.path, found: "cannot be read at byte \(transfer.offset + offset): \(words)"))
        }
        endIfDone(transfer)
        pump()
    }

    private func land(_ range: Range<Int>, of transfer: Transfer) {
        guard transfer.progress.failure == nil else { return }
        let before = transfer.progress.leading
        let leading = transfer.progress.land(range.lowerBound / pieceBytes)
        guard leading > before else { return }
        do {
            try transfer.recipient.transfer(transfer, reached: min(leading * pieceBytes, transfer.length))
        } catch {
            transfer.progress.failure = error
        }
    }

    private func fail(_ lane: Lane, _ error: ReadError) {
        let transfer = lane.transfer!
        giveBack(lane)
        if transfer.progress.failure == nil { transfer.progress.failure = error }
    }

    private func giveBack(_ lane: Lane) {
        lane.transfer!.progress.inFlight -= 1
        lane.leave()
        idleLanes.append(lane)
        mailbox.busyTime.withLock { $0.end() }
    }

    /// Gives a transfer back when nothing of it is under way or will be.
    private func endIfDone(_ transfer: Transfer) {
        let progress = transfer.progress
        guard progress.ticket != nil, progress.inFlight == 0 else { return }
        let hasLanded = progress.leading == progress.landed.count
        guard hasLanded || progress.isStopped else { return }
        transfer.progress.ticket = nil
        file.dropCache(transfer.offset..<transfer.offset + transfer.length)
        // What is not merely cancelled cannot go on.
        if hasLanded || progress.failure != nil { transfer.progress.isCancelled = false }
        if let failure = progress.failure {
            transfer.recipient.transferEnded(transfer, .failed(failure))
        } else {
            transfer.recipient.transferEnded(transfer, hasLanded ? .landed : .cancelled)
        }
    }

    /// Lets everything that waits fail, and the loop end once the last read is back.
    private func drain() {
        while let next = queue.popMin() {
            let progress = next.transfer.progress
            guard progress.ticket == next.ticket, !progress.isStopped, progress.started < next.transfer.length else {
                continue
            }
            next.transfer.progress.failure = ReadError(path: file.path, found: "is being closed")
            endIfDone(next.transfer)
        }
        let bell = UnsafeMutableRawPointer(mailbox.bell).assumingMemoryBound(to: uv_handle_t.self)
        if idleLanes.count == laneCount, uv_is_closing(bell) == 0 { uv_close(bell, nil) }
    }
}
