import Tensors

/// A tensor as a file lists it.
struct StoredTensor: Sendable {
    let name: String
    /// Sizes, the outermost first; without outer ones.
    let dimensions: [Int]
    /// What the file calls its type.
    let typeName: String
    /// Nil when the type is none of ours.
    let format: WeightFormat?
    let file: InputFile
    /// Bytes from the start of the file.
    let offset: Int

    init(
        name: String, dimensions: [Int], typeName: String, format: WeightFormat?, file: InputFile, offset: Int
    ) {
        self.name = name
        self.dimensions = Array(dimensions.drop { $0 == 1 })
        self.typeName = typeName
        self.format = format
        self.file = file
        self.offset = offset
    }
}

/// Consecutive rows of a stored tensor.
struct StoredRows: SourceTensor {
    let name: String
    let format: WeightFormat
    let rows: Int
    let columns: Int
    private let bytesPerRow: Int
    private let file: InputFile
    private let offset: Int

    /// Rows `first..<first + rows` of a tensor whose shape has been checked.
    ///
    /// - Returns: nil when the columns do not divide into blocks of the format.
    init?(of tensor: StoredTensor, format: WeightFormat, first: Int, rows: Int, columns: Int) {
        guard let bytesPerRow = format.bytesPerRow(columns: columns) else { return nil }
        name = tensor.name
        self.format = format
        self.rows = rows
        self.columns = columns
        self.bytesPerRow = bytesPerRow
        file = tensor.file
        offset = tensor.offset + first * bytesPerRow
    }

    func read(rows range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows) in \(name)")
        let count = range.count * bytesPerRow
        precondition(bytes.count >= count, "\(bytes.count) bytes for \(count) of \(name)")
        try file.read(at: offset + range.lowerBound * bytesPerRow, into: .init(rebasing: bytes[..<count]))
    }
}
