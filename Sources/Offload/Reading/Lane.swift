package import CUV

/// One read at a time, on the loader's thread.
package final class Lane {
    enum Step {
        case complete, goOn
        /// The file ends here.
        case ended(Int)
        case failed(Int32, Int)
    }

    /// Where the read is to take place.
    package let loop: UnsafeMutablePointer<uv_loop_t>
    /// For sources that read with libuv.
    let request = UnsafeMutablePointer<uv_fs_t>.allocate(capacity: 1)
    private unowned let loader: Loader
    private(set) var transfer: Transfer?
    private(set) var range = 0..<0
    private var position = 0
    /// Whether the last read ended before a boundary.
    private var hasStalled = false

    init(_ loader: Loader, _ loop: UnsafeMutablePointer<uv_loop_t>) {
        self.loader = loader
        self.loop = loop
        request.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit { request.deallocate() }

    func take(_ range: Range<Int>, of transfer: Transfer) {
        self.transfer = transfer
        self.range = range
        position = range.lowerBound
        hasStalled = false
    }

    func leave() { transfer = nil }

    /// Where the next bytes belong.
    package var memory: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: transfer!.memory[position..<range.upperBound])
    }

    /// Where they lie in the file.
    package var offset: Int { transfer!.offset + position }

    func read(_ source: any ReadSource) {
        let code = source.begin(self)
        if code < 0 { landed(Int(code)) }
    }

    /// A read came back with so many bytes, 0 at the end of the file, or an error of libuv's.
    package func landed(_ result: Int) { loader.landed(result, in: self) }

    /// Takes in what a read returned.
    func advance(by result: Int) -> Step {
        if result == Int(UV_EINTR.rawValue) || result == Int(UV_EAGAIN.rawValue) { return .goOn }
        guard result >= 0 else { return .failed(Int32(truncatingIfNeeded: result), position) }
        if position + result == range.upperBound { return .complete }
        // A short read goes on from the last boundary it passed; one that passed none may have been cut short by a signal.
        let next = (position + result) / DirectFile.alignment * DirectFile.alignment
        guard next > position || (result > 0 && !hasStalled) else { return .ended(position + result) }
        hasStalled = next == position
        position = next
        return .goOn
    }
}

/// What the loader reads: a file, seen through libuv.
package protocol ReadSource: AnyObject, Sendable {
    var path: String { get }

    /// Begins to read what a lane wants. Its ``Lane/landed(_:)`` is called later, on the loop's thread.
    ///
    /// - Returns: an error of libuv's, below 0, when nothing has begun.
    func begin(_ lane: Lane) -> Int32

    /// Lets go of what caches hold of bytes that were read.
    func dropCache(_ bytes: Range<Int>)
}
