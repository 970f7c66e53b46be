import CKernels

extension Workers {
    /// `result` = `left` · `right`, of matrices in f32 that may be taken transposed; or the product added to what is there.
    package struct DenseProduct: Sendable {
        package var left: MatrixView
        package var transposesLeft: Bool
        package var right: MatrixView
        package var transposesRight: Bool
        package var result: MatrixView
        /// Whether the product is added to `result` instead of replacing it.
        package var adds: Bool

        /// - Parameters:
        ///   - left: `[m, k]`, or `[k, m]` when transposed.
        ///   - right: `[k, n]`, or `[n, k]` when transposed.
        ///   - result: `[m, n]`.
        package init(
            _ left: MatrixView, transposed transposesLeft: Bool = false, by right: MatrixView,
            transposed transposesRight: Bool = false, into result: MatrixView, adding adds: Bool = false
        ) {
            self.left = left
            self.transposesLeft = transposesLeft
            self.right = right
            self.transposesRight = transposesRight
            self.result = result
            self.adds = adds
        }

        /// `result` = `left` · `right`ᵀ, if so transposed. (Swift does not match the second of two equal labels alone.)
        package init(
            _ left: MatrixView, by right: MatrixView, transposed transposesRight: Bool, into result: MatrixView,
            adding adds: Bool = false
        ) {
            self.init(
                left, transposed: false, by: right, transposed: transposesRight, into: result, adding: adds)
        }
    }

    /// Computes products as one parallel loop. No result may be part of another product of the loop.
    ///
    /// An output is one chain of fused multiply-adds in ascending order of what is summed, begun with 0 or, when the product is
    /// added, with what is there: its bits depend neither on the threads nor on the outputs beside it.
    package func multiply(_ products: [DenseProduct]) {
        let total = products.reduce(0) { $0 + $1.multiplyAdds }
        let counts = products.map { $0.tiles(of: total) }
        forEach(counts.reduce(0, +)) { tile in
            var tile = tile
            var index = 0
            while tile >= counts[index] {
                tile -= counts[index]
                index += 1
            }
            products[index].run(tile, of: total)
        }
    }

    /// `result` (+)= `left` · `right`.
    package func multiply(
        _ left: MatrixView, transposed transposesLeft: Bool = false, by right: MatrixView,
        transposed transposesRight: Bool = false, into result: MatrixView, adding adds: Bool = false
    ) {
        multiply([
            DenseProduct(
                left, transposed: transposesLeft, by: right, transposed: transposesRight, into: result, adding: adds)
        ])
    }

    /// `result` (+)= `left` · `right`ᵀ, if so transposed.
    package func multiply(
        _ left: MatrixView, by right: MatrixView, transposed transposesRight: Bool, into result: MatrixView,
        adding adds: Bool = false
    ) {
        multiply([DenseProduct(left, by: right, transposed: transposesRight, into: result, adding: adds)])
    }
}

extension Workers.DenseProduct {
    package var multiplyAdds: Int { result.count * depth }

    /// Tiles that the result is cut into, where `total` multiply-adds are done at the same time: small ones where there are
    /// few in all, so that every thread has tiles.
    package func tiles(of total: Int) -> Int { tiling(of: total).count }

    /// Computes one of the tiles, on this thread.
    package func run(_ tile: Int, of total: Int) {
        let tiling = tiling(of: total)
        run(rows: tiling.rows(of: tile), columns: tiling.columns(of: tile))
    }

    private func tiling(of total: Int) -> DenseTiling {
        tiling(worthATurn: min(max(total / 32, 1 << 20), 32 << 20))
    }

    /// The inner length, and the tiles that the result is cut into.
    fileprivate var depth: Int { transposesLeft ? left.rows : left.columns }

    fileprivate func tiling(worthATurn: Int) -> DenseTiling {
        let (m, n) = (
            transposesLeft ? left.columns : left.rows, transposesRight ? right.rows : right.columns
        )
        let depthOfRight = transposesRight ? right.columns : right.rows
        precondition(
            depthOfRight == depth && result.rows == m && result.columns == n,
            "[\(m), \(depth)] · [\(depthOfRight), \(n)] into \(result.rows) × \(result.columns)")
        return DenseTiling(m, n, depth: depth, transposesRight: transposesRight, worthATurn: worthATurn)
    }

    fileprivate func run(rows: Range<Int>, columns: Range<Int>) {
        let (a, b) = (rows.lowerBound, columns.lowerBound)
        CPU.kernels.multiply_dense(
            left.strided(from: transposesLeft ? a : a * left.columns, transposed: transposesLeft),
            right.strided(from: transposesRight ? b * right.columns : b, transposed: transposesRight), rows.count,
            columns.count, depth, result.storage + a * result.columns + b, result.columns, adds)
    }
}

extension MatrixView {
    fileprivate func strided(from offset: Int, transposed: Bool) -> ck_strided {
        ck_strided(at: storage + offset, row: transposed ? 1 : columns, column: transposed ? columns : 1)
    }
}

/// How a result is cut into tiles of about equal size: enough work to be worth a turn, and enough rows to be worth packing
/// the right matrix for them.
private struct DenseTiling {
    private let shape: (rows: Int, columns: Int)
    private let height: Int, width: Int

    init(_ rows: Int, _ columns: Int, depth: Int, transposesRight: Bool, worthATurn: Int) {
        shape = (rows, columns)
        width = Self.part(of: columns, atMost: 256, multipleOf: 32)
        let least = transposesRight ? 192 : 36
        height = Self.part(of: rows, atMost: max(worthATurn / max(1, width * depth), least), multipleOf: 12)
    }

    /// The size of equal parts.
    private static func part(of whole: Int, atMost most: Int, multipleOf step: Int) -> Int {
        let parts = max(1, (whole + most - 1) / most)
        return max(step, (whole + parts * step - 1) / (parts * step) * step)
    }

    private var tilesPerRow: Int { (shape.columns + width - 1) / width }

    var count: Int { (shape.rows + height - 1) / height * tilesPerRow }

    func rows(of tile: Int) -> Range<Int> {
        let first = tile / tilesPerRow * height
        return first..<min(first + height, shape.rows)
    }

    func columns(of tile: Int) -> Range<Int> {
        let first = tile % tilesPerRow * width
        return first..<min(first + width, shape.columns)
    }
}
