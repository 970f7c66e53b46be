import CUV
import Foundation
import Offload

/// A file whose reads end when a test says so, and how.
///
/// Like libuv's own reads they end on the loop's thread, and the loop goes on for as long as one is under way.
final class HeldFile: ReadSource, @unchecked Sendable {  // `condition` guards what changes.
    let path = "held.bin"
    let bytes: [UInt8]
    private let condition = NSCondition()
    private var begun: [HeldRead] = []
    private var refusals: [Int32] = []
    private var answer: (@Sendable (HeldRead) -> Void)?
    private var count = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The bytes of a file.
    convenience init(contentsOf path: String) throws { self.init([UInt8](try Data(contentsOf: URL(filePath: path)))) }

    /// Lets the next read not even begin.
    func refuseNext(_ code: uv_errno_t) { condition.withLock { refusals.append(code.rawValue) } }

    /// Ends reads as soon as they begin, and those that wait: well, unless it is said how.
    func answerAll(_ answer: @escaping @Sendable (HeldRead) -> Void = { $0.finish() }) {
        let waiting = condition.withLock {
            defer { begun = [] }
            self.answer = answer
            return begun
        }
        for read in waiting { answer(read) }
    }

    /// Reads that have begun so far.
    var beginnings: Int { condition.withLock { count } }

    /// The next read that begins, in the order in which they do; waits for it.
    func next() throws -> HeldRead {
        try condition.withLock {
            while begun.isEmpty {
                guard condition.wait(until: Date(timeIntervalSinceNow: 60)) else { throw NeverBegan() }
            }
            return begun.removeFirst()
        }
    }

    private struct NeverBegan: Error {}

    func begin(_ lane: Lane) -> Int32 {
        if let refusal = condition.withLock({ refusals.popLast() }) { return refusal }
        let read = HeldRead(lane, of: bytes)
        let answer = condition.withLock {
            count += 1
            if self.answer == nil { begun.append(read) }
            condition.signal()
            return self.answer
        }
        answer?(read)
        return 0
    }

    func dropCache(_ bytes: Range<Int>) {}
}

/// A read under way.
final class HeldRead: @unchecked Sendable {  // The lane is used on the loop's thread alone; `lock` guards the outcome.
    /// What it wants.
    let range: Range<Int>
    private let lane: Lane
    private let bytes: [UInt8]
    private let handle = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
    private let lock = NSLock()
    private var outcome = 0

    init(_ lane: Lane, of bytes: [UInt8]) {
        self.lane = lane
        self.bytes = bytes
        range = lane.offset..<lane.offset + lane.memory.count
        uv_async_init(lane.loop, handle) { handle in
            Unmanaged<HeldRead>.fromOpaque(handle!.pointee.data).takeRetainedValue().land()
        }
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    /// Ends the read with as many bytes as it wanted and the file has, or with so many of them.
    func finish(_ count: Int = .max) { end(min(count, range.count, max(0, bytes.count - range.lowerBound))) }

    /// Ends the read with an error.
    func fail(_ code: uv_errno_t) { end(Int(code.rawValue)) }

    private func end(_ outcome: Int) {
        lock.withLock { self.outcome = outcome }
        uv_async_send(handle)
    }

    private func land() {
        let outcome = lock.withLock { self.outcome }
        if outcome > 0 {
            bytes.withUnsafeBytes {
                let found = UnsafeRawBufferPointer(rebasing: $0[range.lowerBound..<range.lowerBound + outcome])
                lane.memory.copyMemory(from: found)
            }
        }
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { $0!.deallocate() }
        lane.landed(outcome)
    }
}
