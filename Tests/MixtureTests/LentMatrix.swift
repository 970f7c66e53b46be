import Tensors

/// A matrix that lends itself: a view is good for as long as somebody holds the matrix.
final class LentMatrix {
    private var matrix: Matrix
    let view: MatrixView

    init(rows: Int, columns: Int, _ value: () -> Float = { 0 }) {
        matrix = Matrix(rows: rows, columns: columns)
        view = matrix.withView { $0 }
        for row in 0..<rows {
            for column in 0..<columns { view[row, column] = value() }
        }
    }

    subscript(row: Int, column: Int) -> Float {
        get { matrix[row, column] }
        set { matrix[row, column] = newValue }
    }

    var rows: [[Float]] { (0..<matrix.rows).map { row in (0..<matrix.columns).map { matrix[row, $0] } } }

    var isZero: Bool { rows.joined().allSatisfy { $0 == 0 } }
}
