/// A weight matrix `[rows, columns]` in kernel layout whose bytes somebody else owns.
///
/// Kernel layout cuts the rows into groups of 16 (``WeightFormat/rowsPerGroup``), each contiguous, the last padded with zeros:
/// - f32: row-major;
/// - f16, bf16: `[columns][16 rows]`, two bytes each;
/// - q8_0: quants `[block][8][16 rows][4]` as unsigned bytes (q + 128), then scales `[block][16 rows]` in f16;
/// - q4_0: quants `[block][4][16 rows][4]`, a byte holding column 4j+i in its low half and 16+4j+i in its high half,
///   then scales `[block][16 rows]` in f16;
/// - q6_K: the bytes of each half block in words of 4, `[half block][16 lower, then 8 upper][16 rows][4]`, then 8-bit scales
///   `[block][16][16 rows]`, then factors `[block][16 rows]` in f16.
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
