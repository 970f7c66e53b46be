import CUV
import Foundation
import Offload
import Tensors
import Testing

private let page = 4096

@Suite struct ReaderTests {
    private let file = HeldFile((0..<16 * page).map { UInt8(truncatingIfNeeded: $0 / 7 ^ $0 / page) })

    private func reader(lanes: Int, piecePages: Int = 1) throws -> Reader {
        try Reader(file, pieceBytes: piecePages * page, lanes: lanes)
    }

    /// A stretch of the file in pages.
    private func arrival(_ pages: Range<Int>, refusing: Int? = nil) -> Arrival {
        Arrival(pages.lowerBound * page..<pages.upperBound * page, refusing: refusing)
    }

    private func start(_ arrival: Arrival, _ reader: Reader, _ urgency: Reader.Urgency = .demanded) {
        reader.start(arrival.transfer, urgency)
        reader.wake()
    }

    /// Takes the next read, which must be that of the page.
    private func expectRead(_ first: Int, _ count: Int = 1, sourceLocation: SourceLocation = #_sourceLocation) throws
        -> HeldRead
    {
        let read = try file.next()
        #expect(read.range == first * page..<(first + count) * page, sourceLocation: sourceLocation)
        return read
    }

    private func contents(_ pages: Range<Int>) -> [UInt8] {
        Array(file.bytes[pages.lowerBound * page..<pages.upperBound * page])
    }

    @Test func `only leading pieces are told of, whatever landed before them`() throws {
        let reader = try reader(lanes: 3)
        let (whole, next) = (arrival(2..<5), arrival(9..<10))
        start(whole, reader)
        let reads = try (2..<5).map { try expectRead($0) }
        start(next, reader)
        try reader.settle()
        reads[2].finish()
        _ = try expectRead(9).finish()  // The lane is free again, so page 4 has landed.
        #expect(whole.steps.isEmpty)
        reads[0].finish()
        reads[1].finish()
        #expect(try whole.end() == "landed")
        #expect(whole.steps == [page, 3 * page])
        #expect(whole.bytes == contents(2..<5))
        #expect(try next.end() == "landed")
    }

    @Test func `a short read goes on from the last boundary that it passed`() throws {
        let reader = try reader(lanes: 1, piecePages: 4)
        let arrival = arrival(1..<5)
        start(arrival, reader)
        try expectRead(1, 4).finish(2 * page + 100)
        try expectRead(3, 2).finish(page)
        try expectRead(4).finish()
        #expect(try arrival.end() == "landed")
        #expect(arrival.steps == [4 * page])
        #expect(arrival.bytes == contents(1..<5))
    }

    @Test func `a read that passes no boundary is tried once more before the file counts as ended`() throws {
        let reader = try reader(lanes: 1, piecePages: 2)
        let lucky = arrival(0..<2)
        start(lucky, reader)
        try expectRead(0, 2).finish(100)
        try expectRead(0, 2).finish()
        #expect(try lucky.end() == "landed")
        #expect(lucky.bytes == contents(0..<2))
        let unlucky = arrival(4..<6)
        start(unlucky, reader)
        try expectRead(4, 2).finish(page + 9)
        try expectRead(5).finish(9)
        try expectRead(5).finish(9)
        #expect(try unlucky.end() == "failed")
        #expect(
            unlucky.failure
                == "held.bin ends at byte \(5 * page + 9), and bytes up to \(6 * page) are needed")
    }

    @Test func `a stretch beyond the end of the file is an error that says where it ends`() throws {
        let reader = try reader(lanes: 1)
        let arrival = arrival(15..<17)
        file.answerAll()
        start(arrival, reader)
        #expect(try arrival.end() == "failed")
        #expect(
            arrival.failure == "held.bin ends at byte \(16 * page), and bytes up to \(17 * page) are needed")
        #expect(arrival.steps == [page])
    }

    @Test(arguments: [UV_EINTR, UV_EAGAIN])
    func `an interrupted read begins again`(code: uv_errno_t) throws {
        let reader = try reader(lanes: 1, piecePages: 2)
        let arrival = arrival(6..<8)
        start(arrival, reader)
        try expectRead(6, 2).finish(page)
        try expectRead(7).fail(code)
        try expectRead(7).fail(code)
        try expectRead(7).finish()
        #expect(try arrival.end() == "landed")
        #expect(arrival.bytes == contents(6..<8))
    }

    @Test func `after an error in the middle nothing more of a transfer is read`() throws {
        let reader = try reader(lanes: 1)
        let (broken, other) = (arrival(0..<4), arrival(8..<9))
        start(broken, reader)
        start(other, reader)
        try expectRead(0).finish()
        try expectRead(1).fail(UV_EIO)
        #expect(try broken.end() == "failed")
        #expect(broken.failure == "held.bin cannot be read at byte \(page): i/o error")
        #expect(broken.steps == [page])
        try expectRead(8).finish()
        #expect(try other.end() == "landed")
        #expect(broken.outcomes == ["failed"])
    }

    @Test func `a transfer that failed is given back when the last of its reads is`() throws {
        let reader = try reader(lanes: 3)
        let (broken, other) = (arrival(0..<3), arrival(8..<9))
        start(broken, reader)
        let reads = try (0..<3).map { try expectRead($0) }
        start(other, reader)
        try reader.settle()
        reads[1].fail(UV_EIO)
        try expectRead(8).finish()
        #expect(try other.end() == "landed")
        #expect(broken.outcomes.isEmpty)
        reads[0].finish()
        reads[2].fail(UV_ENXIO)
        #expect(try broken.end() == "failed")
        #expect(broken.failure.contains("i/o error"))  // The first one.
        #expect(broken.steps.isEmpty)
    }

    @Test func `a read that cannot even begin fails its transfer and no other`() throws {
        let reader = try reader(lanes: 2)
        let (broken, other) = (arrival(0..<2), arrival(4..<5))
        file.refuseNext(UV_ENOMEM)
        start(broken, reader)
        #expect(try broken.end() == "failed")
        #expect(broken.failure.contains("not enough memory"))
        file.answerAll()
        start(other, reader)
        #expect(try other.end() == "landed")
        #expect(broken.outcomes == ["failed"])
    }

    @Test func `bytes that are refused fail the transfer with the recipient's error`() throws {
        let reader = try reader(lanes: 1)
        let arrival = arrival(0..<4, refusing: 2 * page)
        start(arrival, reader)
        try expectRead(0).finish()
        try expectRead(1).finish()
        // The disk goes on while a piece is looked at.
        try expectRead(2).finish()
        #expect(try arrival.end() == "failed")
        #expect(arrival.failure == "refused")
        #expect(arrival.steps == [page, 2 * page])
    }

    @Test func `what is demanded goes before what is read ahead, each in its order`() throws {
        let reader = try reader(lanes: 1)
        let all = (0..<5).map { arrival($0..<$0 + 1) }
        start(all[0], reader, .ahead)
        let first = try expectRead(0)
        for (index, urgency) in [(1, Reader.Urgency.ahead), (2, .demanded), (3, .ahead), (4, .demanded)] {
            reader.start(all[index].transfer, urgency)
        }
        try reader.settle()
        first.finish()
        for index in [2, 4, 1, 3] { try expectRead(index).finish() }
        for arrival in all { #expect(try arrival.end() == "landed") }
    }

    @Test func `what was read ahead and is demanded after all overtakes the others`() throws {
        let reader = try reader(lanes: 1)
        let all = (0..<4).map { arrival($0 * 2..<$0 * 2 + 2) }
        start(all[0], reader)
        let first = try expectRead(0)
        for arrival in all.dropFirst() { reader.start(arrival.transfer, .ahead) }
        reader.wake()
        reader.promote(all[3].transfer)
        try reader.settle()
        first.finish()
        for index in [1, 6, 7, 2, 3, 4, 5] { try expectRead(index).finish() }
        for arrival in all { #expect(try arrival.end() == "landed") }
        // What has ended is not begun again.
        reader.promote(all[3].transfer)
        reader.cancel(all[3].transfer)
        start(all[1], reader)
        for index in [2, 3] { try expectRead(index).finish() }
        #expect(try all[1].end(2) == "landed")
        #expect(all[3].outcomes == ["landed"])
    }

    @Test func `of a cancelled transfer no further read begins`() throws {
        let reader = try reader(lanes: 1)
        let (begun, waiting, other) = (arrival(0..<3), arrival(4..<6), arrival(8..<9))
        start(begun, reader)
        let read = try expectRead(0)
        start(waiting, reader)
        reader.cancel(begun.transfer)
        reader.cancel(waiting.transfer)
        reader.wake()
        #expect(try waiting.end() == "cancelled")
        #expect(begun.outcomes.isEmpty)  // Its memory is still being written to.
        start(other, reader)
        read.finish()
        #expect(try begun.end() == "cancelled")
        try expectRead(8).finish()
        #expect(try other.end() == "landed")
        #expect(waiting.steps.isEmpty)
    }

    @Test func `a cancelled transfer that is asked for after all goes on where it stopped`() throws {
        let reader = try reader(lanes: 1)
        let arrival = arrival(0..<3)
        start(arrival, reader, .ahead)
        let first = try expectRead(0)
        reader.cancel(arrival.transfer)
        try reader.settle()
        first.finish()
        #expect(try arrival.end() == "cancelled")
        reader.promote(arrival.transfer)
        reader.wake()
        try expectRead(1).finish()
        try expectRead(2).finish()
        #expect(try arrival.end(2) == "landed")
        #expect(arrival.steps == [page, 2 * page, 3 * page])
        #expect(arrival.bytes == contents(0..<3))
    }

    @Test func `a cancelled transfer that is asked for in time never stops`() throws {
        let reader = try reader(lanes: 1)
        let arrival = arrival(0..<3)
        start(arrival, reader, .ahead)
        let first = try expectRead(0)
        reader.cancel(arrival.transfer)
        reader.promote(arrival.transfer)
        try reader.settle()
        first.finish()
        try expectRead(1).finish()
        try expectRead(2).finish()
        #expect(try arrival.end() == "landed")
        #expect(arrival.outcomes == ["landed"])
    }

    @Test func `a transfer that lands although it was cancelled has landed`() throws {
        let reader = try reader(lanes: 2)
        let arrival = arrival(0..<2)
        start(arrival, reader, .ahead)
        let reads = try (0..<2).map { try expectRead($0) }
        reader.cancel(arrival.transfer)
        try reader.settle()
        for read in reads { read.finish() }
        #expect(try arrival.end() == "landed")
        #expect(arrival.bytes == contents(0..<2))
    }

    @Test func `one that failed while it was cancelled is not begun again`() throws {
        let reader = try reader(lanes: 1)
        let (arrival, other) = (arrival(0..<3), arrival(8..<9))
        start(arrival, reader, .ahead)
        let read = try expectRead(0)
        reader.cancel(arrival.transfer)
        try reader.settle()
        read.fail(UV_EIO)
        #expect(try arrival.end() == "failed")
        reader.promote(arrival.transfer)
        reader.cancel(arrival.transfer)
        start(other, reader)
        try expectRead(8).finish()
        #expect(try other.end() == "landed")
        #expect(arrival.outcomes == ["failed"])
    }

    @Test func `stopping waits for the reads under way and lets the others fail`() throws {
        let reader = try reader(lanes: 2)
        let (under, half, waiting) = (arrival(0..<1), arrival(2..<4), arrival(6..<7))
        start(under, reader)
        start(half, reader)
        let reads = try [expectRead(0), expectRead(2)]
        start(waiting, reader)
        let stopped = DispatchSemaphore(value: 0)
        let thread = Thread {
            reader.stop()
            stopped.signal()
        }
        thread.start()
        #expect(try waiting.end() == "failed")
        #expect(waiting.failure == "held.bin is being closed")
        #expect(under.outcomes.isEmpty && half.outcomes.isEmpty)
        #expect(stopped.wait(timeout: .now()) == .timedOut)
        reads[0].finish(100)  // It is still read to its end.
        reads[1].finish()
        try expectRead(0).finish()
        stopped.wait()
        #expect(under.outcomes == ["landed"])
        #expect(under.bytes == contents(0..<1))
        #expect(half.outcomes == ["failed"])
        #expect(file.beginnings == 3)
        // It takes nothing more, and says nothing more.
        reader.stop()
        start(waiting, reader)
        #expect(waiting.outcomes == ["failed"])
    }

    @Test func `a reader that goes away has stopped`() throws {
        let arrival = arrival(0..<2)
        file.answerAll()
        do {
            let reader = try reader(lanes: 1)
            start(arrival, reader)
        }
        #expect(arrival.outcomes.count == 1)
    }

    @Test func `it counts the bytes that came`() throws {
        let reader = try reader(lanes: 2)
        let arrival = arrival(0..<8)
        file.answerAll()
        start(arrival, reader)
        #expect(try arrival.end() == "landed")
        reader.stop()
        #expect(reader.bytesRead == 8 * page)
        #expect(reader.readSeconds > 0)
    }

    @Test(arguments: 1...4)
    func `every transfer ends once, and what landed is right, whatever the disk does`(lanes: Int) throws {
        file.answerAll { read in
            var random = RandomNumbers(seed: UInt64(read.range.lowerBound), stream: UInt64(read.range.count))
            switch Int.random(in: 0..<8, using: &random) {
            case 0: read.fail(UV_EIO)
            case 1: read.fail(UV_EINVAL)
            case 2: read.finish(Int.random(in: 0...read.range.count, using: &random))
            default: read.finish()
            }
        }
        let reader = try Reader(file, pieceBytes: 2 * page, lanes: lanes)
        var random = RandomNumbers(seed: UInt64(lanes))
        var counts: [String: Int] = [:]
        for _ in 0..<40 {
            let stretches = (0..<20).map { _ in
                let first = Int.random(in: 0..<12, using: &random)
                return first..<first + Int.random(in: 1...4, using: &random)
            }
            let arrivals = stretches.map { arrival($0) }
            for arrival in arrivals {
                reader.start(arrival.transfer, Bool.random(using: &random) ? .ahead : .demanded)
                if Bool.random(using: &random) { reader.cancel(arrival.transfer) }
                if Bool.random(using: &random) { reader.wake() }
            }
            reader.wake()
            for (pages, arrival) in zip(stretches, arrivals) {
                let outcome = try arrival.end()
                counts[outcome, default: 0] += 1
                if outcome == "landed" { #expect(arrival.bytes == contents(pages)) }
                #expect(arrival.outcomes.count == 1)
            }
        }
        #expect(counts["landed"] ?? 0 > 100)
        #expect(counts["failed"] ?? 0 > 20)
        #expect(counts["cancelled"] ?? 0 > 20)
    }
}

@Suite struct ReadingPoolTests {
    @Test(arguments: [
        ("6", 6), ("1", 1), ("0", 1), ("", 1), ("many", 1), ("4 or 5", 4), (" 7", 7), ("1024", 1024), ("1025", 1024),
        ("-1", 1024),
    ])
    func `the size of the pool is read as libuv reads it`(text: String, size: Int) {
        #expect(ReadingPool.size(named: text) == size)
    }
}

@Suite struct MailboxTests {
    private func transfers(_ count: Int) -> [Arrival] { (0..<count).map { _ in Arrival(0..<page) } }

    @Test func `messages are collected once, in the order in which they were posted`() throws {
        let mailbox = try Mailbox()
        defer { mailbox.discard() }
        let arrivals = transfers(3)
        mailbox.post(.start(arrivals[0].transfer, .ahead))
        mailbox.post(.promote(arrivals[1].transfer))
        mailbox.post(.cancel(arrivals[2].transfer))
        var messages: [Mailbox.Message] = []
        mailbox.collect(into: &messages)
        #expect(messages.map(name) == ["start", "promote", "cancel"])
        messages.removeAll(keepingCapacity: true)
        mailbox.collect(into: &messages)
        #expect(messages.isEmpty)
    }

    @Test func `the last message is to stop, and none is taken after it`() throws {
        let mailbox = try Mailbox()
        defer { mailbox.discard() }
        let arrivals = transfers(2)
        mailbox.post(.start(arrivals[0].transfer, .demanded))
        #expect(mailbox.close())
        #expect(!mailbox.close())
        mailbox.post(.start(arrivals[1].transfer, .demanded))
        mailbox.ring()
        var messages: [Mailbox.Message] = []
        mailbox.collect(into: &messages)
        #expect(messages.map(name) == ["start", "stop"])
    }

    @Test func `many threads post without losing a message`() throws {
        let mailbox = try Mailbox()
        defer { mailbox.discard() }
        let arrival = Arrival(0..<page)
        var messages: [Mailbox.Message] = []
        var count = 0
        let threads = (0..<4).map { _ in
            let isOver = DispatchSemaphore(value: 0)
            let thread = Thread {
                for _ in 0..<1000 { mailbox.post(.promote(arrival.transfer)) }
                isOver.signal()
            }
            thread.start()
            return isOver
        }
        for _ in 0..<100 {
            mailbox.collect(into: &messages)
            count += messages.count
            messages.removeAll(keepingCapacity: true)
        }
        for isOver in threads { isOver.wait() }
        mailbox.collect(into: &messages)
        #expect(count + messages.count == 4000)
    }

    private func name(_ message: Mailbox.Message) -> String {
        switch message {
        case .start: "start"
        case .promote: "promote"
        case .cancel: "cancel"
        case .stop: "stop"
        }
    }
}
