import CKernels
import Glibc

/// Rotary position embedding (Su et al., 2021, arXiv 2104.09864): turns pairs of a head's components by angles that grow
/// with the position.
package struct Rotary: ~Copyable, Sendable {
    /// Which components of a head make a pair.
    package enum Pairing: Sendable {
        /// Components 2i and 2i + 1.
        case adjacent
        /// Components i and i + dimensions / 2.
        case halves
    }

    package let dimensions: Int
    package let pairing: Pairing
    /// Radians per position of each pair: base^(−2i / dimensions), rounded to f32 as Hugging Face does.
    private let frequencies: [Float]
    private var turned = 0..<0
    /// `[tokens, dimensions / 2]`
    private var cosines: Matrix, sines: Matrix

    /// Room for the angles of `capacity` tokens; the first `dimensions` components of a head are turned.
    package init(capacity: Int, dimensions: Int, base: Float, pairing: Pairing) {
        precondition(dimensions > 0 && dimensions % 2 == 0, "\(dimensions) rotary dimensions")
        self.dimensions = dimensions
        self.pairing = pairing
        frequencies = (0..<dimensions / 2).map { pair in
            1 / Float(pow(Double(base), Double(Float(2 * pair) / Float(dimensions))))
        }
        cosines = Matrix(rows: capacity, columns: dimensions / 2)
        sines = Matrix(rows: capacity, columns: dimensions / 2)
    }

    /// Computes the angles of tokens at consecutive positions, unless they are there from the layer before.
    package mutating func turn(to positions: Range<Int>) {
        guard positions != turned else { return }
        turned = positions
        cosines.use(rows: positions.count)
        sines.use(rows: positions.count)
        for (row, position) in positions.enumerated() {
            for (pair, frequency) in frequencies.enumerated() {
                let angle = Double(Float(position) * frequency)
                cosines[row, pair] = Float(cos(angle))
                sines[row, pair] = Float(sin(angle))
            }
        }
    }

    /// Rotates every head of `[tokens, heads × headSize]`, row i by the angles of the i-th position.
    package func rotate(_ matrix: inout Matrix, headSize: Int, on workers: Workers? = nil) {
        precondition(
            matrix.columns % headSize == 0 && dimensions <= headSize,
            "\(matrix.columns) columns in heads of \(headSize)")
        precondition(matrix.rows == cosines.rows, "\(matrix.rows) rows, angles for \(cosines.rows)")
        matrix.withView { view in
            Workers.forEach(view.rows, on: workers) { row in rotate(row, of: view, headSize: headSize) }
        }
    }

    private func rotate(_ row: Int, of view: MatrixView, headSize: Int) {
        let pairs = dimensions / 2
        let rotate = pairing == .adjacent ? CPU.kernels.rotate_adjacent : CPU.kernels.rotate_halves
        for head in stride(from: row * view.columns, to: (row + 1) * view.columns, by: headSize) {
            rotate(view.storage + head, cosines.storage + row * pairs, sines.storage + row * pairs, pairs)
        }
    }
}
