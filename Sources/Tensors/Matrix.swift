/// A dense f32 matrix `[rows, columns]`, row-major, that owns its memory.
///
/// Scratch matrices are made once at their greatest size; ``rows`` then says how many rows are in use.
package struct Matrix: ~Copyable, @unchecked Sendable {  // Owns its memory; shared only by borrowing.
    /// Rows in use.
    package private(set) var rows: Int
    package let columns: Int
    /// Rows that fit.
    package let capacity: Int
    let storage: UnsafeMutablePointer<Float>

    /// A matrix of zeros, 64-byte aligned.
    package init(rows: Int, columns: Int) {
        precondition(rows >= 0 && columns > 0, "a matrix of \(rows) × \(columns)")
        self.rows = rows
        self.columns = columns
        capacity = rows
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(64, rows * columns * 4), alignment: 64)
        storage = bytes.initializeMemory(as: Float.self, repeating: 0, count: max(16, rows * columns))
    }

    /// A matrix with these rows.
    package init(_ rows: [[Float]]) {
        self.init(rows: rows.count, columns: rows.first?.count ?? 1)
        for (index, row) in rows.enumerated() {
            precondition(row.count == columns, "row \(index) has \(row.count) columns, the first \(columns)")
            for (column, value) in row.enumerated() { self[index, column] = value }
        }
    }

    deinit { storage.deallocate() }

    /// Uses the first `rows` rows; what they hold is left as it is.
    package mutating func use(rows: Int) {
        precondition(rows >= 0 && rows <= capacity, "\(rows) rows in a matrix made for \(capacity)")
        self.rows = rows
    }

    package subscript(row: Int, column: Int) -> Float {
        get {
            precondition(
                row >= 0 && row < rows && column >= 0 && column < columns, "[\(row), \(column)] of \(rows) × \(columns)"
            )
            return storage[row * columns + column]
        }
        set {
            precondition(
                row >= 0 && row < rows && column >= 0 && column < columns, "[\(row), \(column)] of \(rows) × \(columns)"
            )
            storage[row * columns + column] = newValue
        }
    }

    /// Lends one row.
    package func withRow<Result, Failure: Error>(
        _ row: Int, _ body: (Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
        return try body(UnsafeBufferPointer(start: storage + row * columns, count: columns).span)
    }

    /// Lends one row to be written.
    package mutating func withMutableRow<Result, Failure: Error>(
        _ row: Int, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
        var span = UnsafeMutableBufferPointer(start: storage + row * columns, count: columns).mutableSpan
        return try body(&span)
    }
}

/// A matrix that several threads fill at once, each its own part.
package struct MatrixView: @unchecked Sendable {  // Threads write disjoint parts; the matrix outlives the loop.
    package let rows: Int
    package let columns: Int
    let storage: UnsafeMutablePointer<Float>

    /// Some of its rows.
    package func rows(_ range: Range<Int>) -> MatrixView {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        return MatrixView(rows: range.count, columns: columns, storage: storage + range.lowerBound * columns)
    }

    /// The same numbers, cut into rows of another length.
    package func reshaped(rows: Int, columns: Int) -> MatrixView {
        precondition(
            rows * columns == self.rows * self.columns, "\(self.rows) × \(self.columns) as \(rows) × \(columns)")
        return MatrixView(rows: rows, columns: columns, storage: storage)
    }

    /// A matrix that begins at the number `offset` of this one, row after row.
    package func part(at offset: Int, rows: Int, columns: Int) -> MatrixView {
        precondition(
            offset >= 0 && offset + rows * columns <= self.rows * self.columns,
            "\(rows) × \(columns) from \(offset) in \(self.rows) × \(self.columns)")
        return MatrixView(rows: rows, columns: columns, storage: storage + offset)
    }

    package subscript(row: Int, column: Int) -> Float {
        get {
            precondition(
                row >= 0 && row < rows && column >= 0 && column < columns, "[\(row), \(column)] of \(rows) × \(columns)"
            )
            return storage[row * columns + column]
        }
        nonmutating set {
            precondition(
                row >= 0 && row < rows && column >= 0 && column < columns, "[\(row), \(column)] of \(rows) × \(columns)"
            )
            storage[row * columns + column] = newValue
        }
    }

    /// Lends one row.
    package func withRow<Result, Failure: Error>(
        _ row: Int, _ body: (Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
        return try body(UnsafeBufferPointer(start: storage + row * columns, count: columns).span)
    }

    /// Lends all numbers, row after row.
    package func withValues<Result, Failure: Error>(
        _ body: (Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeBufferPointer(start: storage, count: rows * columns).span)
    }

    /// Lends all numbers, row after row, to be written by this thread alone.
    package func withMutableValues<Result, Failure: Error>(
        _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = UnsafeMutableBufferPointer(start: storage, count: rows * columns).mutableSpan
        return try body(&span)
    }
}

extension Matrix {
    /// Memory of a matrix of this size.
    package static func bytes(rows: Int, columns: Int) -> Int { max(64, rows * columns * 4) }

    /// Lends the matrix to loops that fill it in parallel.
    package mutating func withView<Result, Failure: Error>(
        _ body: (MatrixView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(MatrixView(rows: rows, columns: columns, storage: storage))
    }
}
