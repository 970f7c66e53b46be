import Foundation
import Offload

/// A transfer, and what came of it.
final class Arrival: TransferRecipient, @unchecked Sendable {  // `condition` guards what changes.
    private let memory: UnsafeMutableRawBufferPointer
    private let condition = NSCondition()
    private var reached: [Int] = []
    private var ends: [String] = []
    private var error: (any Error)?
    /// The number of leading bytes that are refused.
    private let refusing: Int?
    private(set) lazy var transfer = Transfer(into: memory, for: self)

    /// - Parameter refusing: bytes that are not what they should be once so many are there.
    init(_ stretch: Range<Int>, refusing: Int? = nil) {
        memory = UnsafeMutableRawBufferPointer.allocate(byteCount: stretch.count, alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        self.refusing = refusing
        (transfer.offset, transfer.length) = (stretch.lowerBound, stretch.count)
    }

    deinit { memory.deallocate() }

    var bytes: [UInt8] { [UInt8](memory) }
    /// The leading bytes that were told of, one after the other.
    var steps: [Int] { condition.withLock { reached } }
    /// How it has ended so far, each time.
    var outcomes: [String] { condition.withLock { ends } }
    /// Why it failed.
    var failure: String { condition.withLock { error.map { "\($0)" } ?? "" } }

    /// Waits until it has ended so many times in all, and tells how the last time.
    @discardableResult
    func end(_ number: Int = 1) throws -> String {
        try condition.withLock {
            while ends.count < number {
                guard condition.wait(until: Date(timeIntervalSinceNow: 60)) else { throw NeverEnded() }
            }
            return ends[number - 1]
        }
    }

    private struct NeverEnded: Error {}
    struct Refused: Error, CustomStringConvertible {
        let description = "refused"
    }

    func transfer(_ transfer: Transfer, reached byteCount: Int) throws {
        condition.withLock { reached.append(byteCount) }
        if let refusing, byteCount >= refusing { throw Refused() }
    }

    func transferEnded(_ transfer: Transfer, _ outcome: TransferOutcome) {
        condition.withLock {
            switch outcome {
            case .landed: ends.append("landed")
            case .cancelled: ends.append("cancelled")
            case .failed(let failure):
                ends.append("failed")
                error = failure
            }
            condition.broadcast()
        }
    }
}

extension Reader {
    /// Waits until all that was posted has been seen, while every lane is busy.
    func settle() throws {
        let mark = Arrival(0..<4096)
        start(mark.transfer, .ahead)
        cancel(mark.transfer)
        wake()
        try mark.end()
    }
}
