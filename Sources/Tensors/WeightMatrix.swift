/// A weight matrix `[rows, columns]` in kernel layout whose bytes somebody else owns.
///
/// Kernel layout cuts the rows into groups of 16 (``WeightFormat/rowsPerGroup``), each contiguous, the last padded with zeros:
/// - f32: row-major;
/// - f16, bf16: `[columns][16 rows]`, two bytes each;
/// - block formats: the bytes of the file's blocks in units that the rows take turns in, `[block][unit][16 rows]`: quants in
///   words of 4 bytes (q8_0's as q + 128; single bits of q5_0, q5_1 and iq3_s moved within their word to the byte of their
///   column), then scales in units of 1 or 2 bytes. `Layout.c` says which bytes are which.
package struct WeightMatrix: @unchecked Sendable {  // The bytes are never written while a matrix refers to them.
    package let format: WeightFormat
    package let rows: Int
    package let columns: Int
    let bytes: UnsafeRawPointer
    /// Keeps the bytes alive.
    private let owner: AnyObject

    /// Describes packed bytes.
    ///
    /// - Precondition: `bytes` holds at least `format.packedBytes(rows:columns:)` bytes that stay valid and unchanged
    ///   as long as `owner` lives (or, for a leased expert, until the lease ends).
    package init(format: WeightFormat, rows: Int, columns: Int, bytes: UnsafeRawPointer, owner: AnyObject) {
        precondition(
            format.packedBytes(rows: rows, columns: columns) != nil, "\(rows) × \(columns) in \(format.rawValue)")
        self.format = format
        self.rows = rows
        self.columns = columns
        self.bytes = bytes
        self.owner = owner
    }

    /// Where it lies in memory.
    package var address: Int { Int(bitPattern: bytes) }

    /// The rows of a range that begins with a group: at a multiple of 16.
    package func rows(_ range: Range<Int>) -> WeightMatrix {
        precondition(
            range.lowerBound % WeightFormat.rowsPerGroup == 0 && range.upperBound <= rows, "\(range) of \(rows) rows")
        let group = format.bytesPerGroup(columns: columns)!
        let offset = range.lowerBound / WeightFormat.rowsPerGroup * group
        return WeightMatrix(format: format, rows: range.count, columns: columns, bytes: bytes + offset, owner: owner)
    }

    /// Writes the numbers of one row, `[columns]`.
    package func copyRow(_ row: Int, into numbers: inout MutableSpan<Float>) {
        precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
        precondition(numbers.count == columns, "room for \(numbers.count) of \(columns) columns")
        let count = format.bytesPerRow(columns: columns)!
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { file in
            format.unpack(row: row, columns: columns, from: bytes, into: file.baseAddress!)
            format.decode(UnsafeRawBufferPointer(file), into: &numbers)
        }
    }
}

extension Matrix {
    /// The weights as numbers.
    package init(_ weights: WeightMatrix) {
        self.init(rows: weights.rows, columns: weights.columns)
        for row in 0..<rows { withMutableRow(row) { weights.copyRow(row, into: &$0) } }
    }
}
