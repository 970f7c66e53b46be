import CKernels

/// The keys and values of one layer.
///
/// Keys lie `[head][position / 16][headSize][16]`, so that 16 positions are scored side by side; values
/// `[head][position][headSize]`, rows padded to 16. Memory is touched as positions are used. Numbers in blocks have the
/// scales of 16 positions' keys before what they scale, and values as a file has them.
package struct KeyValueCache: ~Copyable, @unchecked Sendable {  // Owns its memory; shared only by borrowing.
    package let layout: KeyValueLayout
    private let memory: Mapping
    /// Positions that have been stored and not overwritten.
    private var stored = 0..<0

    package init(_ layout: KeyValueLayout) {
        self.layout = layout
        memory = Mapping(bytes: layout.bytes)
    }

    func keys(_ head: Int) -> UnsafeMutableRawPointer { memory.start + head * layout.capacity * layout.keyBytes }

    func values(_ head: Int) -> UnsafeMutableRawPointer {
        keys(layout.heads) + head * layout.capacity * layout.valueBytes
    }

    /// Stores keys and values `[tokens, heads × headSize]` of consecutive tokens, the first at `position`: at most one behind
    /// those that were stored, and not before those that are forgotten.
    package mutating func append(keys newKeys: borrowing Matrix, values newValues: borrowing Matrix, at position: Int) {
        let (heads, size) = (layout.heads, layout.headSize)
        layout.checkRoom(for: newKeys.rows, at: position)
        precondition(newKeys.rows == newValues.rows, "\(newKeys.rows) keys, \(newValues.rows) values")
        precondition(
            newKeys.columns == heads * size && newValues.columns == heads * size,
            "\(newKeys.columns) and \(newValues.columns) columns for \(heads) × \(size)")
        remember(newKeys.rows, at: position)
        withUnsafeTemporaryAllocation(byteCount: layout.keyBytes, alignment: 16) { encoded in
            for row in 0..<newKeys.rows {
                let place = (position + row) % layout.capacity
                for head in 0..<heads {
                    let from = (row * heads + head) * size
                    encode(newKeys.storage + from, into: encoded.baseAddress!)
                    scatter(encoded.baseAddress!, intoKeysOf: head, at: place)
                    encode(newValues.storage + from, into: values(head) + place * layout.valueBytes)
                }
            }
        }
    }

    /// What a window saw before some positions must still be there when they come again.
    private mutating func remember(_ count: Int, at position: Int) {
        let needed = max(0, position + 1 - (layout.window ?? position + 1))
        precondition(
            position == 0 || stored.lowerBound <= needed && position <= stored.upperBound,
            "position \(position) sees those from \(needed) on, and \(stored) are kept")
        let end = position + count
        stored = max(position == 0 ? 0 : stored.lowerBound, end - layout.capacity)..<end
    }

    /// Stores a position's keys beside those of its neighbors.
    private func scatter(_ row: UnsafeRawPointer, intoKeysOf head: Int, at place: Int) {
        let (block, lane) = place.quotientAndRemainder(dividingBy: 16)
        let start = keys(head) + block * 16 * layout.keyBytes
        switch layout.format {
        case .f32: scatter(row, as: Float.self, into: start, lane: lane, count: layout.headSize)
        case .f16: scatter(row, as: UInt16.self, into: start, lane: lane, count: layout.headSize)
        case .q8_0:
            for part in 0..<layout.headSize / 32 {
                let (from, to) = (row + part * 34, start + part * 16 * 34)
                scatter(from, as: UInt16.self, into: to, lane: lane, count: 1)
                scatter(from + 2, as: UInt8.self, into: to + 32, lane: lane, count: 32)
            }
        }
    }

    private func scatter<Number: BitwiseCopyable>(
        _ numbers: UnsafeRawPointer, as type: Number.Type, into vectors: UnsafeMutableRawPointer, lane: Int, count: Int
    ) {
        let from = numbers.assumingMemoryBound(to: type)
        let to = vectors.assumingMemoryBound(to: type) + lane
        for component in 0..<count { to[component * 16] = from[component] }
    }

    private func encode(_ numbers: UnsafePointer<Float>, into bytes: UnsafeMutableRawPointer) {
        layout.format.weights.encode(
            Span(_unsafeStart: numbers, count: layout.headSize),
            into: UnsafeMutableRawBufferPointer(start: bytes, count: layout.keyBytes))
    }
}
