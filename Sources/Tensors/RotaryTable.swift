import CKernels
import Glibc

/// Rotary position embedding (Su et al., 2021, arXiv 2104.09864) of whole sequences, component i of a head paired with
/// i + dimensions / 2, with the angles of all positions computed once.
package struct RotaryTable: ~Copyable, Sendable {
    package let positions: Int
    package let dimensions: Int
    /// `[positions, dimensions / 2]`
    private var cosines: Matrix, sines: Matrix, negativeSines: Matrix

    /// The angles of pair i: position × base^(−2i / dimensions), the factor rounded to f32 as Hugging Face does.
    package init(positions: Int, dimensions: Int, base: Float) {
        precondition(
            positions > 0 && dimensions > 0 && dimensions % 2 == 0,
            "\(dimensions) rotary dimensions at \(positions) positions")
        self.positions = positions
        self.dimensions = dimensions
        cosines = Matrix(rows: positions, columns: dimensions / 2)
        sines = Matrix(rows: positions, columns: dimensions / 2)
        negativeSines = Matrix(rows: positions, columns: dimensions / 2)
        for pair in 0..<dimensions / 2 {
            let frequency = 1 / Float(pow(Double(base), Double(Float(2 * pair) / Float(dimensions))))
            for position in 0..<positions {
                let angle = Double(Float(position) * frequency)
                cosines[position, pair] = Float(cos(angle))
                sines[position, pair] = Float(sin(angle))
                negativeSines[position, pair] = -sines[position, pair]
            }
        }
    }

    /// Rotates every head of `[tokens, heads × headSize]` in place; row r is at position r % `sequenceLength`.
    package func rotate(_ view: MatrixView, sequenceLength: Int, headSize: Int, on workers: Workers) {
        rotate(view, by: sines, sequenceLength: sequenceLength, headSize: headSize, on: workers)
    }

    /// The gradient of ``rotate(_:sequenceLength:headSize:on:)``: a rotation's transpose is the rotation back.
    package func rotateBack(_ gradient: MatrixView, sequenceLength: Int, headSize: Int, on workers: Workers) {
        rotate(gradient, by: negativeSines, sequenceLength: sequenceLength, headSize: headSize, on: workers)
    }

    private func rotate(
        _ view: MatrixView, by sines: borrowing Matrix, sequenceLength: Int, headSize: Int, on workers: Workers
    ) {
        precondition(
            headSize > 0 && view.columns % headSize == 0 && dimensions <= headSize,
            "\(view.columns) columns in heads of \(headSize), \(dimensions) of it rotary")
        precondition(
            sequenceLength > 0 && sequenceLength <= positions, "sequences of \(sequenceLength), \(positions) positions")
        let pairs = dimensions / 2
        workers.forEachChunk(of: view.rows, atLeast: max(1, (16 << 10) / view.columns)) { _, rows in
            for row in rows {
                let at = row % sequenceLength * pairs
                for head in stride(from: row * view.columns, to: (row + 1) * view.columns, by: headSize) {
                    CPU.kernels.rotate_halves(
                        view.storage + head, cosines.storage + at, sines.storage + at, pairs)
                }
            }
        }
    }
}
