/// Memory for a matrix whose number of rows changes from one use to the next.
///
/// A view is good until the buffer is asked for more rows than it ever had.
package final class RowBuffer {
    package let columns: Int
    private var matrix: Matrix

    package init(columns: Int, rows: Int = 0) {
        self.columns = columns
        matrix = Matrix(rows: rows, columns: columns)
    }

    /// The rows of the last use.
    package var view: MatrixView { matrix.withView { $0 } }

    /// Lends that many rows; what they hold is left as it is, or zero where memory is new.
    package func rows(_ count: Int) -> MatrixView {
        if matrix.capacity < count { matrix = Matrix(rows: count, columns: columns) }
        matrix.use(rows: count)
        return view
    }

    /// Bytes it holds now.
    package var bytes: Int { Matrix.bytes(rows: matrix.capacity, columns: columns) }
}
