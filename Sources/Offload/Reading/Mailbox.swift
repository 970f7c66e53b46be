import CUV
import Glibc
import Synchronization

/// The only way to the loader's thread: messages under a lock, and libuv's bell to make it look.
package final class Mailbox: @unchecked Sendable {  // Any thread may ring; the lock keeps it off a closed bell.
    package enum Message {
        case start(Transfer, Reader.Urgency)
        case promote(Transfer)
        case cancel(Transfer)
        case stop
    }

    private struct Contents {
        var messages: [Message] = []
        var isOpen = true
    }

    let loop = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
    let bell = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
    let bytesRead = Atomic(0)
    let busyTime = Guarded(BusyTime())
    private let contents = Guarded(Contents())

    package init() throws(ReadError) {
        // libuv aborts when it gets no pipe for its first loop, so that one is not begun with too few descriptors.
        try Self.check(Self.descriptorsError())
        try Self.check(uv_loop_init(loop))
        let code = uv_async_init(loop, bell) { bell in
            Unmanaged<Loader>.fromOpaque(bell!.pointee.data).takeUnretainedValue().deliver()
        }
        bell.pointee.data = nil
        if code != 0 { uv_loop_close(loop) }
        try Self.check(code)
    }

    /// The loop has been closed by now.
    deinit {
        bell.deallocate()
        loop.deallocate()
    }

    package func post(_ message: Message) { contents.withLock { if $0.isOpen { $0.messages.append(message) } } }

    /// Wakes the loader, if there is something for it.
    package func ring() { contents.withLock { if $0.isOpen, !$0.messages.isEmpty { uv_async_send(bell) } } }

    /// Posts the last message.
    ///
    /// - Returns: false when that was done before.
    package func close() -> Bool {
        contents.withLock { contents in
            guard contents.isOpen else { return false }
            contents.messages.append(.stop)
            contents.isOpen = false
            uv_async_send(bell)
            return true
        }
    }

    /// Swaps the messages against an empty array with room for as many, so that posting allocates nothing.
    package func collect(into messages: inout [Message]) { contents.withLock { swap(&$0.messages, &messages) } }

    /// Undoes `init` when no thread could be started.
    package func discard() {
        uv_close(UnsafeMutableRawPointer(bell).assumingMemoryBound(to: uv_handle_t.self), nil)
        uv_run(loop, UV_RUN_DEFAULT)
        uv_loop_close(loop)
    }

    /// Finds out whether as many descriptors can be opened as the first loop opens, and gives libuv's error if not.
    private static func descriptorsError() -> Int32 {
        var opened: [Int32] = []
        defer { for descriptor in opened { Glibc.close(descriptor) } }
        var ends: [Int32] = [0, 0]
        for _ in 0..<3 {
            guard pipe(&ends) == 0 else { return -errno }
            opened += ends
        }
        return 0
    }

    private static func check(_ code: Int32) throws(ReadError) {
        guard code == 0 else {
            throw .loader("be made: \(String(cString: uv_strerror(code)))", limits: "ulimit -n")
        }
    }
}
