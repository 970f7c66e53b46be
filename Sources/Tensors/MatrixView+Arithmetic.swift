import CKernels

extension MatrixView {
    package var count: Int { rows * columns }

    /// The sum of all squares, in Double.
    package func sumOfSquares(on workers: Workers) -> Double {
        workers.sumOfChunks(of: count, atLeast: Self.worthATurn) { range in
            CPU.kernels.sum_of_squares(storage + range.lowerBound, range.count)
        }
    }

    /// Multiplies all numbers by `factor`.
    package func scale(by factor: Float, on workers: Workers) {
        workers.forEachChunk(of: count, atLeast: Self.worthATurn) { _, range in
            CPU.kernels.multiply_by(storage + range.lowerBound, factor, range.count, storage + range.lowerBound)
        }
    }

    /// Adds a matrix of the same shape.
    package func add(_ other: MatrixView, on workers: Workers) {
        precondition(
            rows == other.rows && columns == other.columns, "\(other.rows) × \(other.columns) to \(rows) × \(columns)")
        workers.forEachChunk(of: count, atLeast: Self.worthATurn) { _, range in
            CPU.kernels.add(other.storage + range.lowerBound, range.count, storage + range.lowerBound)
        }
    }

    /// Takes the numbers of a matrix of the same shape.
    package func copy(_ other: MatrixView, on workers: Workers) {
        precondition(
            rows == other.rows && columns == other.columns, "\(other.rows) × \(other.columns) to \(rows) × \(columns)")
        workers.forEachChunk(of: count, atLeast: Self.worthATurn) { _, range in
            (storage + range.lowerBound).update(from: other.storage + range.lowerBound, count: range.count)
        }
    }

    package func fillWithZeros(on workers: Workers) {
        workers.forEachChunk(of: count, atLeast: Self.worthATurn) { _, range in
            (storage + range.lowerBound).update(repeating: 0, count: range.count)
        }
    }

    /// The index, row after row, of the first NaN or infinity.
    package func firstNonFinite(on workers: Workers) -> Int? {
        let chunks = Workers.chunks(of: count, atLeast: Self.worthATurn)
        guard chunks > 1 else {
            let at = CPU.kernels.first_non_finite(storage, count)
            return at < count ? at : nil
        }
        var found = Matrix(rows: 1, columns: max(1, chunks))
        // Whether each chunk holds one; where it is, is looked up once.
        return found.withView { found in
            workers.forEachChunk(of: count, atLeast: Self.worthATurn) { chunk, range in
                let at = CPU.kernels.first_non_finite(storage + range.lowerBound, range.count)
                found.storage[chunk] = at < range.count ? 1 : 0
            }
            guard (0..<chunks).contains(where: { found.storage[$0] != 0 }) else { return nil }
            return CPU.kernels.first_non_finite(storage, count)
        }
    }

    private static let worthATurn = 16 << 10
}
