import CKernels

/// The keys and values of one layer, f32, and the attention over them.
///
/// Keys lie `[head][position / 16][headSize][16]`, so that 16 positions are scored side by side; values
/// `[head][position][headSize]`, rows padded to 16. Memory is touched as positions are used.
package struct KeyValueCache: ~Copyable, @unchecked Sendable {  // Owns its memory; shared only by borrowing.
    /// Positions that fit.
    package let capacity: Int
    /// Key and value heads.
    package let heads: Int
    package let headSize: Int
    private let memory: Mapping

    package init(capacity: Int, heads: Int, headSize: Int) {
        precondition(
            capacity > 0 && heads > 0 && headSize > 0, "a cache of \(capacity) positions, \(heads) heads of \(headSize)"
        )
        self.capacity = capacity
        self.heads = heads
        self.headSize = headSize
        memory = Mapping(bytes: Self.bytes(capacity: capacity, heads: heads, headSize: headSize))
    }

    /// Memory of a cache, all positions in use.
    package static func bytes(capacity: Int, heads: Int, headSize: Int) -> Int {
        Mapping.rounded(heads * (rounded(capacity) * headSize + rounded(capacity) * rounded(headSize)) * 4)
    }

    /// What of it is touched once so many positions are in use.
    package static func touchedBytes(positions: Int, capacity: Int, heads: Int, headSize: Int) -> Int {
        let keys = (held: rounded(positions) * headSize * 4, room: rounded(capacity) * headSize * 4)
        let values = (held: positions * rounded(headSize) * 4, room: rounded(capacity) * rounded(headSize) * 4)
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

    private static func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

    private var valueStride: Int { Self.rounded(headSize) }

    private func keys(_ head: Int) -> UnsafeMutablePointer<Float> {
        memory.start.assumingMemoryBound(to: Float.self) + head * Self.rounded(capacity) * headSize
    }

    private func values(_ head: Int) -> UnsafeMutablePointer<Float> {
        keys(heads) + head * Self.rounded(capacity) * valueStride
    }

    /// Stores keys and values `[tokens, heads × headSize]` of consecutive tokens, the first at `position`.
    package mutating func append(keys newKeys: borrowing Matrix, values newValues: borrowing Matrix, at position: Int) {
        checkRoom(for: newKeys.rows, at: position)
        precondition(newKeys.rows == newValues.rows, "\(newKeys.rows) keys, \(newValues.rows) values")
        precondition(
            newKeys.columns == heads * headSize && newValues.columns == heads * headSize,
            "\(newKeys.columns) and \(newValues.columns) columns for \(heads) × \(headSize)")
        for row in 0..<newKeys.rows {
            for head in 0..<heads {
                let from = (row * heads + head) * headSize
                let (block, lane) = (position + row).quotientAndRemainder(dividingBy: 16)
                let lanes = keys(head) + block * headSize * 16 + lane
                for component in 0..<headSize { lanes[component * 16] = newKeys.storage[from + component] }
                (values(head) + (position + row) * valueStride).update(from: newValues.storage + from, count: headSize)
            }
        }
    }

    /// Softmax attention (Vaswani et al., 2017, arXiv 1706.03762) of consecutive tokens, each over the positions before it
    /// and its own; neighboring query heads share a key and value head (Ainslie et al., 2023, arXiv 2305.13245).
    ///
    /// - Parameters:
    ///   - queries: `[tokens, query heads × headSize]`.
    ///   - position: that of the first token; keys and values up to the last token's have been appended.
    ///   - window: positions a token sees, its own included; nil: all.
    ///   - result: `[tokens, query heads × headSize]`.
    package func attend(
        _ queries: borrowing Matrix, at position: Int, window: Int? = nil, scale: Float, into result: inout Matrix,
        on workers: Workers? = nil
    ) {
        precondition(queries.columns % (heads * headSize) == 0, "\(queries.columns) columns for \(heads) × \(headSize)")
        precondition(result.columns == queries.columns, "\(queries.columns) columns into \(result.columns)")
        checkRoom(for: queries.rows, at: position)
        precondition(window ?? 1 > 0, "a window of \(window ?? 0)")
        let group = queries.columns / headSize / heads
        let together = tokensPerTile(queries.rows, group: group, threads: workers?.count ?? 1)
        result.use(rows: queries.rows)
        result.withView { view in
            Workers.forEach((queries.rows + together - 1) / together * heads, on: workers, from: 2) { tile in
                let (part, head) = tile.quotientAndRemainder(dividingBy: heads)
                let row = part * together
                let at = row * view.columns + head * group * headSize
                var lookup = ck_lookup(
                    tokens: min(together, queries.rows - row), heads: group, head_size: headSize, stride: view.columns,
                    position: position + row, window: window ?? .max, scale: scale)
                CPU.kernels.attend(&lookup, queries.storage + at, keys(head), values(head), view.storage + at)
            }
        }
    }

    /// Tokens that share what is read of a head: as many as the kernel takes together, but few enough that every thread has
    /// several tiles. Changes no bit.
    private func tokensPerTile(_ tokens: Int, group: Int, threads: Int) -> Int {
        max(1, min(64 / group, tokens * heads / (4 * threads)))
    }

    private func checkRoom(for tokens: Int, at position: Int) {
        precondition(position >= 0 && position + tokens <= capacity, "\(tokens) tokens at \(position) of \(capacity)")
    }
}
