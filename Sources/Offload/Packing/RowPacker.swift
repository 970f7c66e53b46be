import ModelFiles
import Tensors

/// Reads rows of a tensor and leaves them in the format and the layout the store keeps.
struct RowPacker: Sendable {
    let role: TensorRole
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
            let source = UnsafeRawBufferPointer(source)
            if let place = tensor.format.firstNonFinite(in: source) { throw notFinite(place, of: source, rows) }
            guard tensor.format != format else { return body(source) }
            try withScratch(kept) { converted in
                convert(source, into: converted, rows: rows.count)
                let converted = UnsafeRawBufferPointer(converted)
                if let place = format.firstNonFinite(in: converted) { throw tooGreat(place, of: source, rows) }
                body(converted)
            }
        }
    }

    private func notFinite(_ place: Int, of source: UnsafeRawBufferPointer, _ rows: Range<Int>) -> PackError {
        let (row, column) = place.quotientAndRemainder(dividingBy: tensor.columns)
        let numbers = numbers(ofRow: row, source, rows)
        // Of a block whose scale is infinite, zeros are what is not a number; of one whose scale is an exponent, all.
        let first = numbers[column...].firstIndex { !$0.isFinite } ?? column
        return .notFinite(
            weight: name(row: rows.lowerBound + row, column: first),
            value: numbers[first].isInfinite ? "\(numbers[first])" : "nan")
    }

    private func tooGreat(_ place: Int, of source: UnsafeRawBufferPointer, _ rows: Range<Int>) -> PackError {
        let (row, column) = place.quotientAndRemainder(dividingBy: tensor.columns)
        let numbers = numbers(ofRow: row, source, rows)
        let block = column..<column + format.blockSize
        let greatest = block.max { abs(numbers[$0]) < abs(numbers[$1]) } ?? column
        return .tooGreat(
            weight: name(row: rows.lowerBound + row, column: greatest), value: "\(numbers[greatest])", format: format)
    }

    private func numbers(ofRow row: Int, _ source: UnsafeRawBufferPointer, _ rows: Range<Int>) -> [Float] {
        let bytes = source.count / rows.count
        var numbers = [Float](repeating: 0, count: tensor.columns)
        var span = numbers.mutableSpan
        tensor.format.decode(UnsafeRawBufferPointer(rebasing: source[row * bytes..<(row + 1) * bytes]), into: &span)
        return numbers
    }

    /// Files may have all experts of a layer in one tensor.
    private func name(row: Int, column: Int) -> String {
        let place = tensor.rows == 1 ? "weight \(column)" : "weight \(column) of row \(row)"
        return "\(tensor.name): \(place)" + (role.expert.map { " of expert \($0)" } ?? "")
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
