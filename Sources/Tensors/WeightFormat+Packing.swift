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
        let (file, packed) = (file.baseAddress!, packed.baseAddress!)
        switch self {
        case .f32: ck_pack_f32(file, rows, columns, packed)
        case .f16, .bf16: ck_pack_half(file, rows, columns, packed)
        case .q8_0: ck_pack_q8_0(file, rows, columns, packed)
        case .q4_0: ck_pack_q4_0(file, rows, columns, packed)
        case .q6_K: ck_pack_q6_k(file, rows, columns, packed)
        }
    }

    /// Puts one row of packed weights back into file order; `file` has room for ``bytesPerRow(columns:)`` bytes.
    func unpack(row: Int, columns: Int, from packed: UnsafeRawPointer, into file: UnsafeMutableRawPointer) {
        switch self {
        case .f32: ck_unpack_f32(packed, row, columns, file)
        case .f16, .bf16: ck_unpack_half(packed, row, columns, file)
        case .q8_0: ck_unpack_q8_0(packed, row, columns, file)
        case .q4_0: ck_unpack_q4_0(packed, row, columns, file)
        case .q6_K: ck_unpack_q6_k(packed, row, columns, file)
        }
    }

    /// - Precondition: `columns` divide into blocks.
    func checkedBytesPerRow(_ columns: Int) -> Int {
        guard let bytes = bytesPerRow(columns: columns) else {
            preconditionFailure("\(columns) columns do not divide into \(rawValue) blocks of \(blockSize)")
        }
        return bytes
    }
}
