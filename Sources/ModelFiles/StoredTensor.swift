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
    /// At least 1; right where the type is known.
    let byteCount: Int

    init(
        name: String, dimensions: [Int], typeName: String, format: WeightFormat?, file: InputFile, offset: Int,
        byteCount: Int
    ) {
        self.name = name
        self.dimensions = Array(dimensions.drop { $0 == 1 })
        self.typeName = typeName
        self.format = format
        self.file = file
        self.offset = offset
        self.byteCount = byteCount
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
    /// Whether the file has 32-bit integers, which are read as f32: experts' numbers, all small enough.
    private let holdsIntegers: Bool

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
        holdsIntegers = tensor.typeName == SafetensorsType.i32.rawValue
    }

    func read(rows range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows) in \(name)")
        let count = range.count * bytesPerRow
        precondition(bytes.count >= count, "\(bytes.count) bytes for \(count) of \(name)")
        try file.read(at: offset + range.lowerBound * bytesPerRow, into: .init(rebasing: bytes[..<count]))
        guard holdsIntegers else { return }
        for place in stride(from: 0, to: count, by: 4) {
            let integer = Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Int32.self))
            bytes.storeBytes(of: Float(integer), toByteOffset: place, as: Float.self)
        }
    }
}
