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
    ///   - sums: room for ``stretchSums(positions:queryHeads:headSize:)``, where threads may share a token's positions.
    package func attend(
        _ queries: borrowing Matrix, at position: Int, window: Int? = nil, scale: Float, into result: inout Matrix,
        sums: inout Matrix, on workers: Workers
    ) {
        let stretches = Self.stretches(seenFrom: position, window: window)
        guard queries.rows == 1, stretches.count > 1, heads % workers.count != 0, heads < 4 * workers.count else {
            return attend(queries, at: position, window: window, scale: scale, into: &result, on: workers)
        }
        check(queries, at: position, window, result)
        let group = queries.columns / headSize / heads
        let needed = Self.stretchSums(positions: stretches.count * Self.stretch, queryHeads: 1, headSize: headSize)
        precondition(
            sums.rows >= needed.rows * heads * group && sums.columns == needed.columns,
            "\(sums.rows) × \(sums.columns) sums for \(heads * group) heads and \(stretches.count) stretches")
        let lookup = lookup(queries, tokens: 1, at: position, window: window, scale: scale)
        result.use(rows: 1)
        result.withView { view in
            sums.withView { sums in
                let size = stretches.count * group * sums.columns
                workers.forEach(stretches.count * heads) { tile in
                    let (head, index) = tile.quotientAndRemainder(dividingBy: stretches.count)
                    withUnsafePointer(to: lookup) { lookup in
                        CPU.kernels.attend_stretch(
                            lookup, queries.storage + head * group * headSize, keys(head), values(head),
                            stretches.lowerBound + index, sums.storage + head * size + index * group * sums.columns)
                    }
                }
                for head in 0..<heads {
                    withUnsafePointer(to: lookup) { lookup in
                        CPU.kernels.combine_stretches(
                            lookup, sums.storage + head * size, stretches.count, view.storage + head * group * headSize)
                    }
                }
            }
        }
    }

    /// The same, positions of a token not being shared.
    package func attend(
        _ queries: borrowing Matrix, at position: Int, window: Int? = nil, scale: Float, into result: inout Matrix,
        on workers: Workers? = nil
    ) {
        check(queries, at: position, window, result)
        let group = queries.columns / headSize / heads
        let together = tokensPerTile(queries.rows, group: group, threads: workers?.count ?? 1)
        result.use(rows: queries.rows)
        result.withView { view in
            Workers.forEach((queries.rows + together - 1) / together * heads, on: workers, from: 2) { tile in
                let (part, head) = tile.quotientAndRemainder(dividingBy: heads)
                let row = part * together
                let at = row * view.columns + head * group * headSize
                var lookup = lookup(
                    queries, tokens: min(together, queries.rows - row), at: position + row, window: window, scale: scale
                )
                CPU.kernels.attend(&lookup, queries.storage + at, keys(head), values(head), view.storage + at)
            }
        }
    }

    /// Tokens that share what is read of a head: as many as the kernel takes together, but few enough that every thread has
    /// several tiles. Changes no bit.
    private func tokensPerTile(_ tokens: Int, group: Int, threads: Int) -> Int {
        max(1, min(64 / group, tokens * heads / (4 * threads)))
    }

    /// Threads share a token's positions stretch by stretch.
    private static let stretch = Int(ck_stretch)

    /// What the stretches that a token sees have summed, for all query heads: the shape of a matrix, which has no rows where
    /// there is nothing to share.
    package static func stretchSums(positions: Int, queryHeads: Int, headSize: Int) -> (rows: Int, columns: Int) {
        let count = (positions + stretch - 1) / stretch
        return (count > 1 ? count * queryHeads : 0, rounded(headSize) + 32)
    }

    private static func stretches(seenFrom position: Int, window: Int?) -> Range<Int> {
        let first = max(0, position - (window ?? position + 1) + 1)
        return first / stretch..<position / stretch + 1
    }

    private func lookup(
        _ queries: borrowing Matrix, tokens: Int, at position: Int, window: Int?, scale: Float
    ) -> ck_lookup {
        ck_lookup(
            tokens: tokens, heads: queries.columns / headSize / heads, head_size: headSize, stride: queries.columns,
            position: position, window: window ?? .max, scale: scale)
    }

    private func check(
        _ queries: borrowing Matrix, at position: Int, _ window: Int?, _ result: borrowing Matrix
    ) {
        precondition(queries.columns % (heads * headSize) == 0, "\(queries.columns) columns for \(heads) × \(headSize)")
        precondition(result.columns == queries.columns, "\(queries.columns) columns into \(result.columns)")
        checkRoom(for: queries.rows, at: position)
        precondition(window ?? 1 > 0, "a window of \(window ?? 0)")
    }

    private func checkRoom(for tokens: Int, at position: Int) {
        precondition(position >= 0 && position + tokens <= capacity, "\(tokens) tokens at \(position) of \(capacity)")
    }
}
