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
        precondition(matrix.rows <= capacity, "\(matrix.rows) rows into \(capacity)")
        rows = matrix.rows
        hasFloats = wantsFloats
        hasBlocks = quantized && blocksPerRow > 0
        let range = changed ?? 0..<rows
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        convert(range, of: matrix, on: workers)
    }

    /// Takes over the rows in use of a matrix, in the forms that weights of these formats multiply.
    package mutating func load(_ matrix: borrowing Matrix, for formats: [WeightFormat], on workers: Workers? = nil) {
        load(
            matrix, quantized: formats.contains(where: \.isQuantized), floats: !formats.allSatisfy(\.isQuantized),
            on: workers)
    }

    private func convert(_ range: Range<Int>, of matrix: borrowing Matrix, on workers: Workers?) {
        Workers.forEach(range.count, on: workers) { index in
            let row = range.lowerBound + index
            let source = matrix.storage + row * columns
            if hasFloats { (floats + row * columns).update(from: source, count: columns) }
            if hasBlocks { CPU.kernels.quantize(source, columns, blocks + row * blocksPerRow) }
        }
    }

    /// Takes over `count` rows of other activations, with whatever was loaded there: `row(i)` says which comes i-th.
    package mutating func gather(_ source: borrowing Activations, count: Int, row: (Int) -> Int) {
        precondition(source.columns == columns, "\(source.columns) columns into \(columns)")
        precondition(count <= capacity, "\(count) rows into \(capacity)")
        rows = count
        hasFloats = source.hasFloats
        hasBlocks = source.hasBlocks
        for target in 0..<count {
            let row = row(target)
            precondition(row >= 0 && row < source.rows, "row \(row) of \(source.rows)")
            if hasFloats { (floats + target * columns).update(from: source.floats + row * columns, count: columns) }
            if hasBlocks {
                (blocks + target * blocksPerRow).update(from: source.blocks + row * blocksPerRow, count: blocksPerRow)
            }
        }
    }
}
