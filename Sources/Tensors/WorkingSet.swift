import CKernels

/// Memory to measure with, so much that caches cannot hold it, which serves as weights of any format.
package final class WorkingSet: @unchecked Sendable {  // Not written after it was made.
    private let memory: Mapping
    package var bytes: Int { memory.bytes }

    /// What defeats the caches of this machine: twice what they hold.
    package static func wantedBytes(cache: Int = CPU.lastLevelCacheBytes()) -> Int {
        min(max(2 * cache, 128 << 20), 4 << 30)
    }

    /// As much of that as may be taken beside what the process holds and will hold: half of what else can be had at most.
    ///
    /// - Parameters:
    ///   - planned: what the process will hold.
    ///   - held: what it holds now.
    /// - Returns: nil where it would be so little that only caches were measured.
    package static func bytes(
        wanted: Int = wantedBytes(), planned: Int = 0, held: Int = ProcessMemory().current,
        in available: AvailableMemory = AvailableMemory()
    ) -> Int? {
        let free = available.scarcest?.free ?? available.allowed
        let bytes = min(wanted, (free - max(planned, held)) / 2)
        return bytes < leastBytes ? nil : bytes
    }

    /// Takes memory and touches all of it.
    package init(bytes: Int) {
        memory = Mapping(bytes: (bytes + Self.piece - 1) / Self.piece * Self.piece)
        fill()
    }

    /// Lends all of it.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: memory.start, count: memory.bytes))
    }

    /// As many different matrices of a shape as there is room for, but no more than `most`.
    package func matrices(_ format: WeightFormat, rows: Int, columns: Int, most: Int = .max) -> [WeightMatrix] {
        guard let size = format.packedBytes(rows: rows, columns: columns) else { return [] }
        let stride = (size + 63) / 64 * 64
        return (0..<min(memory.bytes / stride, most)).map {
            WeightMatrix(format: format, rows: rows, columns: columns, bytes: memory.start + $0 * stride, owner: self)
        }
    }

    private static let leastBytes = 16 << 20
    private static let piece = 1 << 20

    /// Bytes 0x38 to 0x3f by chance: in every format numbers that are none too small to be multiplied fast, nor too large.
    private func fill() {
        var random = RandomNumbers(seed: 1)
        let words = memory.start.bindMemory(to: UInt64.self, capacity: Self.piece / 8)
        for index in 0..<Self.piece / 8 { words[index] = 0x3838_3838_3838_3838 | random.next() & 0x0707_0707_0707_0707 }
        for start in stride(from: Self.piece, to: memory.bytes, by: Self.piece) {
            (memory.start + start).copyMemory(from: memory.start, byteCount: Self.piece)
        }
    }
}
