import CKernels

/// The inputs of products, `[rows, columns]`: as floats, in blocks of 32 quantized to 8 bits, or both.
///
/// Made once at its greatest size. It is loaded once per layer input and shared by all weights that multiply it.
package struct Activations: ~Copyable, @unchecked Sendable {  // Owns its memory; shared only by borrowing.
    package let capacity: Int
    package let columns: Int
    /// Rows in use.
    package private(set) var rows = 0
    /// Whether the rows in use are there as floats, and as blocks.
    package private(set) var hasFloats = false, hasBlocks = false
    let floats: UnsafeMutablePointer<Float>
    let blocks: UnsafeMutablePointer<ck_block>
    private let memory: Mapping

    /// Room for `rows` rows; memory that is never loaded is never touched.
    package init(rows: Int, columns: Int) {
        precondition(rows >= 0 && columns > 0, "activations of \(rows) × \(columns)")
        capacity = rows
        self.columns = columns
        memory = Mapping(bytes: Self.bytes(rows: rows, columns: columns))
        floats = memory.start.bindMemory(to: Float.self, capacity: rows * columns)
        blocks = (memory.start + Self.floatBytes(rows, columns))
            .bindMemory(to: ck_block.self, capacity: rows * (columns / 32))
    }

    /// Memory of activations made for this size.
    package static func bytes(rows: Int, columns: Int) -> Int {
        Mapping.rounded(floatBytes(rows, columns) + rows * (columns / 32) * MemoryLayout<ck_block>.stride)
    }

    private static func floatBytes(_ rows: Int, _ columns: Int) -> Int { (rows * columns * 4 + 63) / 64 * 64 }

    /// Blocks of a row, 0 when the columns do not divide into blocks.
    private var blocksPerRow: Int { columns % 32 == 0 ? columns / 32 : 0 }

    /// Uses the first `rows` rows, in the forms that weights of these formats multiply; what they hold is left as it is.
    package mutating func use(rows: Int, for formats: [WeightFormat]) {
        use(rows: rows, blocks: formats.contains(where: \.isQuantized), floats: !formats.allSatisfy(\.isQuantized))
    }

    /// The same, in the forms that other activations are there in.
    package mutating func use(rows: Int, as other: borrowing Activations) {
        use(rows: rows, blocks: other.hasBlocks, floats: other.hasFloats)
    }

    private mutating func use(rows: Int, blocks: Bool, floats: Bool) {
        precondition(rows >= 0 && rows <= capacity, "\(rows) rows into \(capacity)")
        self.rows = rows
        hasFloats = floats
        hasBlocks = blocks && blocksPerRow > 0
    }

    /// Takes over the rows in use of a matrix.
    ///
    /// - Parameters:
    ///   - changed: rows to convert, where the others have been before; nil: all.
    ///   - quantized: whether quantized weights will multiply them (never done where columns do not divide by 32).
    ///   - floats: whether float weights will.
    package mutating func load(
        _ matrix: borrowing Matrix, rows changed: Range<Int>? = nil, quantized: Bool, floats wantsFloats: Bool,
        on workers: Workers? = nil
    ) {
        precondition(matrix.columns == columns, "\(matrix.columns) columns into \(columns)")
        use(rows: matrix.rows, blocks: quantized, floats: wantsFloats)
        let range = changed ?? 0..<rows
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        let source = MatrixView(rows: matrix.rows, columns: columns, storage: matrix.storage)
        let view = view
        Workers.forEach(range.count, on: workers) { view.load(row: range.lowerBound + $0, of: source) }
    }

    /// Takes over the rows in use of a matrix, in the forms that weights of these formats multiply.
    package mutating func load(_ matrix: borrowing Matrix, for formats: [WeightFormat], on workers: Workers? = nil) {
        load(
            matrix, quantized: formats.contains(where: \.isQuantized), floats: !formats.allSatisfy(\.isQuantized),
            on: workers)
    }

    /// Lends the rows in use to several threads.
    package func withView<Result: ~Copyable, Failure: Error>(
        _ body: (ActivationsView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(view)
    }

    var view: ActivationsView {
        ActivationsView(
            rows: rows, columns: columns, hasFloats: hasFloats, hasBlocks: hasBlocks, floats: floats, blocks: blocks)
    }
}
