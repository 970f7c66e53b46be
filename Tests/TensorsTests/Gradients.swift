import Tensors
import Testing

/// A matrix that lives as long as the tests, so that views of it may be passed around.
func lasting(_ matrix: consuming Matrix) -> MatrixView {
    Unmanaged.passRetained(Owner(matrix)).takeUnretainedValue().matrix.withView { $0 }
}

private final class Owner {
    var matrix: Matrix

    init(_ matrix: consuming Matrix) { self.matrix = matrix }
}

/// Normal numbers that last.
func normal(_ rows: Int, _ columns: Int, seed: UInt64) -> MatrixView {
    lasting(randomMatrix(rows: rows, columns: columns, seed: seed))
}

func zeros(_ rows: Int, _ columns: Int) -> MatrixView { lasting(Matrix(rows: rows, columns: columns)) }

func numbers(_ view: MatrixView) -> [Float] { view.withValues { span in span.indices.map { span[$0] } } }

func bits(_ view: MatrixView) -> [UInt32] { numbers(view).map(\.bitPattern) }

/// Σ of a × b: as a loss, it has the gradient `b` with respect to `a`.
func inner(_ a: MatrixView, _ b: MatrixView) -> Double {
    zip(numbers(a), numbers(b)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

/// Compares a gradient with the central differences of the loss, at no more than 60 places.
func expectGradient(
    _ gradient: MatrixView, of parameter: MatrixView, step: Float = 1e-2, tolerance: Double = 1e-2,
    sourceLocation: SourceLocation = #_sourceLocation, loss: () -> Double
) {
    let (slopes, count) = (numbers(gradient), parameter.count)
    let small = tolerance * Double(slopes.reduce(0) { max($0, abs($1)) })
    #expect(small > 0, "no gradient at all", sourceLocation: sourceLocation)
    for index in stride(from: 0, to: count, by: max(1, count / 60)) {
        let (row, column) = index.quotientAndRemainder(dividingBy: parameter.columns)
        let value = parameter[row, column]
        parameter[row, column] = value + step
        let above = loss()
        parameter[row, column] = value - step
        let below = loss()
        parameter[row, column] = value
        let expected = (above - below) / Double((value + step) - (value - step))
        #expect(
            abs(Double(slopes[index]) - expected) <= small, "[\(row), \(column)]: \(slopes[index]), not \(expected)",
            sourceLocation: sourceLocation)
    }
}
