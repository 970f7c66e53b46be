import CKernels

/// Activations that several threads fill at once, each its own rows, or multiply.
package struct ActivationsView: @unchecked Sendable {  // Threads write disjoint rows; the activations outlive the loop.
    package let rows: Int
    package let columns: Int
    /// In which forms the rows are there.
    package let hasFloats, hasBlocks: Bool
    let floats: UnsafeMutablePointer<Float>
    let blocks: UnsafeMutablePointer<ck_block>

    /// Converts a row of a matrix that has the same number.
    package func load(row: Int, of matrix: MatrixView) {
        check(row, matrix.rows, matrix.columns)
        let source = matrix.storage + row * columns
        if hasFloats { (floats + row * columns).update(from: source, count: columns) }
        if hasBlocks { CPU.kernels.quantize(source, columns, blocks + row * (columns / 32)) }
    }

    /// Takes over a row of other activations, which are there in the same forms.
    package func copy(row source: Int, of other: ActivationsView, to row: Int) {
        check(row, rows, other.columns)
        precondition(source >= 0 && source < other.rows, "row \(source) of \(other.rows)")
        precondition(other.hasFloats || !hasFloats, "floats are wanted that are not there")
        precondition(other.hasBlocks || !hasBlocks, "blocks are wanted that are not there")
        if hasFloats { (floats + row * columns).update(from: other.floats + source * columns, count: columns) }
        let blocksPerRow = columns / 32
        if hasBlocks {
            (blocks + row * blocksPerRow).update(from: other.blocks + source * blocksPerRow, count: blocksPerRow)
        }
    }

    private func check(_ row: Int, _ count: Int, _ width: Int) {
        precondition(width == columns, "\(width) columns into \(columns)")
        precondition(row >= 0 && row < min(rows, count), "row \(row) of \(rows) and \(count)")
    }
}
