import CKernels

extension KeyValueCache {
    /// Softmax attention (Vaswani et al., 2017, arXiv 1706.03762) of consecutive tokens, each over the positions before it
    /// and its own; neighboring query heads share a key and value head (Ainslie et al., 2023, arXiv 2305.13245).
    ///
    /// - Parameters:
    ///   - queries: `[tokens, query heads × headSize]`.
    ///   - position: that of the first token; keys and values up to the last token's have been appended.
    ///   - result: `[tokens, query heads × headSize]`.
    ///   - sums: room for ``stretchSums(positions:queryHeads:headSize:)``, where threads may share a token's positions.
    package func attend(
        _ queries: borrowing Matrix, at position: Int, scale: Float, into result: inout Matrix,
        sums: inout Matrix, on workers: Workers
    ) {
        let stretches = stretches(seenFrom: position)
        let (heads, headSize) = (layout.heads, layout.headSize)
        guard queries.rows == 1, stretches.count > 1, heads % workers.count != 0, heads < 4 * workers.count else {
            return attend(queries, at: position, scale: scale, into: &result, on: workers)
        }
        check(queries, at: position, result)
        let group = queries.columns / headSize / heads
        let needed = Self.stretchSums(positions: stretches.count * Self.stretch, queryHeads: 1, headSize: headSize)
        precondition(
            sums.rows >= needed.rows * heads * group && sums.columns == needed.columns,
            "\(sums.rows) × \(sums.columns) sums for \(heads * group) heads and \(stretches.count) stretches")
        let lookup = lookup(queries, tokens: 1, at: position, scale: scale)
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
        _ queries: borrowing Matrix, at position: Int, scale: Float, into result: inout Matrix,
        on workers: Workers? = nil
    ) {
        check(queries, at: position, result)
        let (heads, headSize) = (layout.heads, layout.headSize)
        let group = queries.columns / headSize / heads
        let together = tokensPerTile(queries.rows, group: group, threads: workers?.count ?? 1)
        result.use(rows: queries.rows)
        result.withView { view in
            Workers.forEach((queries.rows + together - 1) / together * heads, on: workers, from: 2) { tile in
                let (part, head) = tile.quotientAndRemainder(dividingBy: heads)
                let row = part * together
                let at = row * view.columns + head * group * headSize
                var lookup = lookup(
                    queries, tokens: min(together, queries.rows - row), at: position + row, scale: scale)
                CPU.kernels.attend(&lookup, queries.storage + at, keys(head), values(head), view.storage + at)
            }
        }
    }

    /// Tokens that share what is read of a head: as many as the kernel takes together, but few enough that every thread has
    /// several tiles. Changes no bit.
    private func tokensPerTile(_ tokens: Int, group: Int, threads: Int) -> Int {
        max(1, min(64 / group, tokens * layout.heads / (4 * threads)))
    }

    /// Threads share a token's positions stretch by stretch.
    private static let stretch = Int(ck_stretch)

    /// What the stretches that a token sees have summed, for all query heads: the shape of a matrix, which has no rows where
    /// there is nothing to share.
    package static func stretchSums(positions: Int, queryHeads: Int, headSize: Int) -> (rows: Int, columns: Int) {
        let count = (positions + stretch - 1) / stretch
        return (count > 1 ? count * queryHeads : 0, (headSize + 15) / 16 * 16 + 32)
    }

    private func stretches(seenFrom position: Int) -> Range<Int> {
        let first = max(0, position - (layout.window ?? position + 1) + 1)
        return first / Self.stretch..<position / Self.stretch + 1
    }

    private func lookup(_ queries: borrowing Matrix, tokens: Int, at position: Int, scale: Float) -> ck_lookup {
        ck_lookup(
            format: layout.format.weights.kernelFormat, tokens: tokens,
            heads: queries.columns / layout.headSize / layout.heads, head_size: layout.headSize,
            stride: queries.columns, position: position, window: layout.window ?? .max, ring: layout.ring, scale: scale)
    }

    private func check(_ queries: borrowing Matrix, at position: Int, _ result: borrowing Matrix) {
        precondition(
            queries.columns % (layout.heads * layout.headSize) == 0,
            "\(queries.columns) columns for \(layout.heads) × \(layout.headSize)")
        precondition(result.columns == queries.columns, "\(queries.columns) columns into \(result.columns)")
        layout.checkRoom(for: queries.rows, at: position)
    }
}
