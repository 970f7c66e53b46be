import ModelFiles
import Tensors

/// Reads rows of a tensor and leaves them in the format and the layout the store keeps.
struct RowPacker: Sendable {
    let tensor: any SourceTensor
    let format: WeightFormat

    /// Fills `packed` with whole groups of rows in kernel layout.
    func pack(_ rows: Range<Int>, into packed: UnsafeMutableRawBufferPointer) throws {
        try withRows(rows) { file in
            format.pack(rows: rows.count, columns: tensor.columns, from: file, into: packed)
        }
    }

    /// Fills `packed` with one row of f32 and no padding.
    func packVector(into packed: UnsafeMutableRawBufferPointer) throws {
        try withRows(0..<1) { packed.copyMemory(from: $0) }
    }

    /// Lends rows in file order and in the store's format.
    private func withRows(_ rows: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void) throws {
        let read = try byteCount(rows.count, tensor.format)
        let kept = try byteCount(rows.count, format)
        try withScratch(read) { source in
            try tensor.read(rows: rows, into: source)
            guard tensor.format != format else { return body(UnsafeRawBufferPointer(source)) }
            try withScratch(kept) { converted in
                convert(UnsafeRawBufferPointer(source), into: converted, rows: rows.count)
                body(UnsafeRawBufferPointer(converted))
            }
        }
    }

    private func convert(_ source: UnsafeRawBufferPointer, into converted: UnsafeMutableRawBufferPointer, rows: Int) {
        var numbers = [Float](repeating: 0, count: tensor.columns)
        let (from, to) = (source.count / rows, converted.count / rows)
        for row in 0..<rows {
            var span = numbers.mutableSpan
            tensor.format.decode(UnsafeRawBufferPointer(rebasing: source[row * from..<(row + 1) * from]), into: &span)
            format.encode(
                numbers.span, into: UnsafeMutableRawBufferPointer(rebasing: converted[row * to..<(row + 1) * to]))
        }
    }

    private func byteCount(_ rows: Int, _ format: WeightFormat) throws -> Int {
        guard let row = format.bytesPerRow(columns: tensor.columns) else {
            throw PackError.indivisible(tensor, format)
        }
        return rows * row
    }

    private func withScratch(_ byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
        defer { scratch.deallocate() }
        try body(scratch)
    }
}
