import ModelFiles
import Tensors

/// A run of rows of a dense tensor, and where it goes.
struct DensePart: @unchecked Sendable {  // Only the loader writes it, before its tensor is read.
    let role: TensorRole
    let header: RecordHeader
    /// Where its record begins in the file.
    let offset: Int
    let rows: Range<Int>
    let destination: UnsafeMutableRawBufferPointer

    init(role: TensorRole, index: Int, layout: DenseLayout, offset: Int, _ tensor: UnsafeMutableRawPointer) {
        let part = layout.parts[index]
        self.role = role
        self.offset = offset
        header = layout.header(index, of: role)
        rows = part.rows
        destination = UnsafeMutableRawBufferPointer(start: tensor + part.offset, count: part.length)
    }
}

/// Reads parts of dense tensors, as many at a time as there are reading threads.
///
/// A direct read wants page-aligned memory, and the rows of a tensor must lie without gaps, so parts land in a staging
/// area and are copied from there.
final class DenseLoading: @unchecked Sendable {  // `monitor` guards `next`, `running` and `failure`.
    let path: String
    private let parts: [DensePart]
    private let monitor = Monitor()
    private var next = 0
    private var running = 0
    private var failure: (any Error)?

    init(_ parts: [DensePart], path: String) {
        self.parts = parts
        self.path = path
    }

    static func stagingBytes(for layouts: [DenseLayout]) -> Int {
        let records = layouts.flatMap { layout in layout.parts.map { layout.recordLayout($0) } }
        return stagingBytes(count: records.count, greatest: records.map(\.windowLength).max() ?? 0)
    }

    private static func stagingBytes(count: Int, greatest: Int) -> Int {
        Mapping.rounded(min(count, ReadingPool.wanted) * greatest)
    }

    /// Reads all parts and returns when the last has landed.
    func run(_ file: any ReadSource) throws {
        let greatest = parts.map(\.header.layout.windowLength).max() ?? 0
        let mapping = try Mapping(Self.stagingBytes(count: parts.count, greatest: greatest))
        let reader = try Reader(file)
        let areas = min(parts.count, reader.lanes)
        let stagings = (0..<areas).map { area in
            Staging(mapping[area * greatest..<(area + 1) * greatest], self, reader)
        }
        // The loader knows them by address only, and is done with them once it has stopped.
        defer { withExtendedLifetime((self, mapping, stagings)) { reader.stop() } }
        monitor.withLock { running = stagings.count }
        for staging in stagings { staging.goOn() }
        reader.wake()
        monitor.wait { running == 0 }
        if let failure { throw failure }
    }

    /// The next part to read, or nil when there is none or another has failed.
    fileprivate func take() -> DensePart? {
        monitor.withLock {
            guard next < parts.count, failure == nil else { return nil }
            next += 1
            return parts[next - 1]
        }
    }

    fileprivate func fail(_ error: any Error) { monitor.withLock { failure = failure ?? error } }

    fileprivate func finish() {
        monitor.withLock { running -= 1 }
        monitor.wakeAll()
    }
}

/// Memory that parts land in, one after the other.
private final class Staging: TransferRecipient, @unchecked Sendable {  // The loader's alone once it has begun.
    private unowned let loading: DenseLoading
    private unowned let reader: Reader
    private let memory: UnsafeMutableRawBufferPointer
    private lazy var transfer = Transfer(into: memory, for: self)
    private var part: DensePart?

    init(_ memory: UnsafeMutableRawBufferPointer, _ loading: DenseLoading, _ reader: Reader) {
        self.memory = memory
        self.loading = loading
        self.reader = reader
    }

    func goOn() {
        part = loading.take()
        guard let part else { return loading.finish() }
        transfer.offset = part.offset - RecordLayout.pageHeaderBytes
        transfer.length = part.header.layout.windowLength
        reader.start(transfer, .demanded)
    }

    func transfer(_ transfer: Transfer, reached byteCount: Int) throws {
        guard byteCount == transfer.length, let part else { return }
        let record = UnsafeRawBufferPointer(rebasing: memory[RecordLayout.pageHeaderBytes...])
        if let fault = part.header.fault(in: record) { throw corrupt(part, fault) }
        let start = part.header.layout.payloadOffset
        let rows = UnsafeRawBufferPointer(rebasing: record[start..<start + part.destination.count])
        let (found, written) = (crc32c(rows), RecordHeader.checksum(ofTile: 0, in: record))
        guard found == written else {
            throw corrupt(part, "have checksum \(hex(found)), and \(hex(written)) was written")
        }
        part.destination.copyMemory(from: rows)
    }

    private func corrupt(_ part: DensePart, _ found: String) -> StoreError {
        let rows = "rows \(part.rows.lowerBound) to \(part.rows.upperBound - 1)"
        return .corrupt(loading.path, "\(rows) of \(part.role.name) \(found)")
    }

    func transferEnded(_ transfer: Transfer, _ outcome: TransferOutcome) {
        if case .failed(let error) = outcome { loading.fail(error) }
        goOn()
        reader.wake()
    }
}
