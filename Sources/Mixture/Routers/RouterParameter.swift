package import Tensors

/// A matrix that a router learns by.
package struct RouterParameter: Sendable, Equatable {
    package enum Initialization: Sendable, Equatable {
        case zeros
        case normal(deviation: Float)
        /// Rows (or columns, if there are fewer) at right angles to each other, all of length `gain`.
        case orthogonal(gain: Float)
    }

    package var name: String
    package var rows: Int
    package var columns: Int
    package var initialization: Initialization
    /// Whether the optimizer's weight decay applies.
    package var decays: Bool

    package init(name: String, rows: Int, columns: Int, initialization: Initialization, decays: Bool) {
        self.name = name
        self.rows = rows
        self.columns = columns
        self.initialization = initialization
        self.decays = decays
    }

    /// Sets a matrix of this shape to what training begins with.
    package func initialize(_ matrix: MatrixView, seed: UInt64, stream: UInt64) {
        precondition(matrix.rows == rows && matrix.columns == columns, "\(matrix.rows) × \(matrix.columns) for \(self)")
        var random = RandomNumbers(seed: seed, stream: stream)
        matrix.withMutableValues { values in
            switch initialization {
            case .zeros: for index in values.indices { values[index] = 0 }
            case .normal(let deviation): random.fillNormal(&values, deviation: deviation)
            case .orthogonal(let gain):
                random.fillNormal(&values, deviation: 1)
                orthogonalize(&values, gain: gain)
            }
        }
    }

    /// Gram and Schmidt's method on the rows, or on the columns if there are fewer of them.
    private func orthogonalize(_ values: inout MutableSpan<Float>, gain: Float) {
        let count = min(rows, columns)
        let length = max(rows, columns)
        let (step, stride) = rows <= columns ? (columns, 1) : (1, columns)
        for vector in 0..<count {
            for other in 0..<vector {
                var dot: Float = 0
                for index in 0..<length {
                    dot += values[vector * step + index * stride] * values[other * step + index * stride]
                }
                for index in 0..<length {
                    values[vector * step + index * stride] -=
                        dot / (gain * gain)
                        * values[other * step + index * stride]
                }
            }
            var square: Float = 0
            for index in 0..<length {
                square += values[vector * step + index * stride] * values[vector * step + index * stride]
            }
            for index in 0..<length { values[vector * step + index * stride] *= gain / square.squareRoot() }
        }
    }
}
