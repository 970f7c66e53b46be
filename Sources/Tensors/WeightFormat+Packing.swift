import CKernels

extension WeightFormat {
    /// Rearranges rows from the order of model files into kernel layout; every weight keeps its value.
    ///
    /// - Parameters:
    ///   - file: `[rows]` rows of ``bytesPerRow(columns:)`` bytes.
    ///   - packed: room for ``packedBytes(rows:columns:)`` bytes; rows missing from the last group become zeros.
    package func pack(
        rows: Int, columns: Int, from file: UnsafeRawBufferPointer, into packed: UnsafeMutableRawBufferPointer
    ) {
        let row = checkedBytesPerRow(columns)
        precondition(rows > 0 && file.count >= rows * row, "\(file.count) bytes for \(rows) rows of \(row)")
        precondition(packed.count >= packedBytes(rows: rows, columns: columns)!, "\(packed.count) bytes of room")
        ck_pack(kernelFormat, file.baseAddress!, rows, columns, packed.baseAddress!)
    }

    /// Puts one row of packed weights back into file order; `file` has room for ``bytesPerRow(columns:)`` bytes.
    func unpack(row: Int, columns: Int, from packed: UnsafeRawPointer, into file: UnsafeMutableRawPointer) {
        ck_unpack(kernelFormat, packed, row, columns, file)
    }

    /// - Precondition: `columns` divide into blocks.
    func checkedBytesPerRow(_ columns: Int) -> Int {
        guard let bytes = bytesPerRow(columns: columns) else {
            preconditionFailure("\(columns) columns do not divide into \(rawValue) blocks of \(blockSize)")
        }
        return bytes
    }
}
