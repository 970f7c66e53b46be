import CKernels

// Operations on the rows of matrices. A number's value does not depend on the rows beside it, nor on the threads.

extension Matrix {
    /// `result` = each row / sqrt(mean of its squares + epsilon) × `weight` (Zhang and Sennrich, 2019, arXiv 1910.07467).
    ///
    /// - Parameters:
    ///   - range: the rows to take; nil: all.
    ///   - weight: `[1, columns]`.
    ///   - result: `[range.count, columns]`.
    package func rmsNorm(
        rows range: Range<Int>? = nil, weight: borrowing Matrix, epsilon: Float, into result: inout Matrix,
        on workers: Workers? = nil
    ) {
        let range = range ?? 0..<rows
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        precondition(weight.rows == 1 && weight.columns == columns, "\(weight.columns) weights for \(columns) columns")
        precondition(result.columns == columns, "\(columns) columns into \(result.columns)")
        result.use(rows: range.count)
        result.withView { view in
            Workers.forEach(view.rows, on: workers) { row in
                let from = storage + (range.lowerBound + row) * columns
                CPU.kernels.rms_norm(from, weight.storage, columns, epsilon, view.storage + row * columns)
            }
        }
    }

    /// Adds another matrix as wide as this one to as many rows, the first being `first`.
    package mutating func add(_ other: borrowing Matrix, toRowsFrom first: Int = 0, on workers: Workers? = nil) {
        precondition(other.columns == columns, "\(other.columns) columns to \(columns)")
        precondition(first >= 0 && first + other.rows <= rows, "\(other.rows) rows from \(first) to \(rows)")
        withView { view in
            Workers.forEach(other.rows, on: workers) { row in
                let at = row * other.columns
                CPU.kernels.add(other.storage + at, other.columns, view.storage + first * view.columns + at)
            }
        }
    }
}

extension MatrixView {
    /// Replaces these columns of these rows (nil: all) by silu(self) × `up`, silu(x) being x / (1 + e^−x)
    /// (Shazeer, 2020, arXiv 2002.05202).
    package func siluMultiply(by up: MatrixView, rows: Range<Int>? = nil, columns range: Range<Int>) {
        let rows = rows ?? 0..<self.rows
        precondition(rows.lowerBound >= 0 && rows.upperBound <= min(self.rows, up.rows), "rows \(rows) of \(self.rows)")
        precondition(up.columns == columns, "\(columns) columns by \(up.columns)")
        precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
        for row in rows {
            let at = row * columns + range.lowerBound
            CPU.kernels.silu_multiply(storage + at, up.storage + at, range.count, storage + at)
        }
    }

    /// Adds `weight` × row `source` of another matrix to row `row`.
    package func add(row source: Int, of other: borrowing Matrix, times weight: Float, to row: Int) {
        precondition(source >= 0 && source < other.rows, "row \(source) of \(other.rows)")
        precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
        precondition(other.columns == columns, "\(other.columns) columns to \(columns)")
        CPU.kernels.add_weighted(other.storage + source * columns, weight, columns, storage + row * columns)
    }

    /// Lends one row to be written, by this thread alone.
    package func withMutableRow<Result, Failure: Error>(
        _ row: Int, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
        var span = UnsafeMutableBufferPointer(start: storage + row * columns, count: columns).mutableSpan
        return try body(&span)
    }
}

extension MutableSpan where Element == Float {
    /// Replaces the numbers by their softmax.
    package mutating func softmax() {
        withUnsafeMutableBufferPointer { numbers in
            guard let start = numbers.baseAddress else { return }
            CPU.kernels.softmax(start, numbers.count)
        }
    }
}

extension Span where Element == Float {
    /// The logarithm of the softmax at one index.
    package func logSoftmax(at index: Int) -> Double {
        Double(self[index]) - logSumExp()
    }

    /// The logarithm of the sum of the powers of e.
    package func logSumExp() -> Double {
        withUnsafeBufferPointer { numbers in
            guard let start = numbers.baseAddress else { return -.infinity }
            return CPU.kernels.log_sum_exp(start, numbers.count)
        }
    }

    /// The index of the greatest number, the first of several.
    package func indexOfGreatest() -> Int? {
        guard !isEmpty else { return nil }
        var best = 0
        for index in indices where self[index] > self[best] { best = index }
        return best
    }
}
