/// How many positions' keys and values of one layer are kept, and in how many bytes.
package struct KeyValueLayout: Sendable, Equatable {
    /// Positions that a text may have.
    package let positions: Int
    /// Positions that are kept at once. Fewer than a text may have where tokens see no further than a window: the place of
    /// a position is then its remainder.
    package let capacity: Int
    /// Key and value heads.
    package let heads: Int
    package let headSize: Int
    package let format: KeyValueFormat
    /// Positions that a token sees, its own included; nil: all.
    package let window: Int?
    /// Of one position's keys in one head, and of its values.
    let keyBytes: Int, valueBytes: Int

    /// - Parameters:
    ///   - headSize: a multiple of the format's ``KeyValueFormat/blockSize``.
    ///   - repeatable: how many positions may be stored again, as those of a pass that ended early are.
    package init(
        positions: Int, heads: Int, headSize: Int, format: KeyValueFormat = .f32, window: Int? = nil,
        repeatable: Int = 0
    ) {
        precondition(
            positions > 0 && heads > 0 && headSize > 0 && repeatable >= 0 && window ?? 1 > 0,
            "a cache of \(positions) positions, \(heads) heads of \(headSize), a window of \(window ?? 0)")
        precondition(headSize % format.blockSize == 0, "heads of \(headSize) in \(format)")
        self.positions = positions
        self.heads = heads
        self.headSize = headSize
        self.format = format
        self.window = window
        keyBytes = format.weights.checkedBytesPerRow(headSize)
        valueBytes = format.weights.checkedBytesPerRow(format == .q8_0 ? headSize : Self.rounded(headSize, to: 16))
        let all = Self.rounded(positions, to: 16)
        // The kernels take 256 positions together, which then lie together.
        capacity = window.map { min(all, Self.rounded($0 - 1 + max(1, repeatable), to: 256)) } ?? all
    }

    /// Memory once all positions are in use.
    package var bytes: Int { Mapping.rounded(capacity * bytesPerPosition) }

    package var bytesPerPosition: Int { heads * (keyBytes + valueBytes) }

    /// What of it is touched once so many positions are in use.
    package func touchedBytes(positions: Int) -> Int {
        let kept = min(positions, capacity)
        let keys = (held: Self.rounded(kept, to: 16) * keyBytes, room: capacity * keyBytes)
        let values = (held: kept * valueBytes, room: capacity * valueBytes)
        var (start, touched, end) = (0, 0, 0)
        for part in [keys, values].flatMap({ repeatElement($0, count: heads) }) where part.held > 0 {
            // Neighbors may share a page.
            let first = max(end, start / Mapping.page * Mapping.page)
            end = Mapping.rounded(start + part.held)
            touched += max(0, end - first)
            start += part.room
        }
        return touched
    }

    /// Places of positions, for the kernels: one goes round where there are fewer than positions.
    var ring: Int { capacity < positions ? capacity : .max }

    func checkRoom(for tokens: Int, at position: Int) {
        precondition(position >= 0 && position + tokens <= positions, "\(tokens) tokens at \(position) of \(positions)")
    }

    private static func rounded(_ count: Int, to step: Int) -> Int { (count + step - 1) / step * step }
}
