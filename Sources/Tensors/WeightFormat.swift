import CKernels

/// How the numbers of a weight matrix are stored.
///
/// The block formats are those of ggml: a row is a sequence of blocks whose weights share scales.
package enum WeightFormat: String, Codable, Sendable, CaseIterable {
    case f32, f16, bf16
    /// value = scale × q, q in −128…127 (34 bytes per block of 32).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q8_0
    /// value = scale × (q − 8), q in 0…15 (18 bytes per block of 32).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_0
    /// value = factor × scale × (q − 32), q in 0…63, one 8-bit scale for 16 weights (210 bytes per block of 256).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q6_K
    /// value = factor × scale × q − minimum factor × minimum, q in 0…15, scale and minimum of 6 bits for 32 weights
    /// (144 bytes per block of 256).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_K
    /// The same, q in 0…31 (176 bytes per block of 256).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q5_K
    /// value = scale × (q − 16), q in 0…31 (22 bytes per block of 32).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q5_0
    /// value = scale × q + minimum, q in 0…31 (24 bytes per block of 32).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q5_1
    /// value = scale × q + minimum, q in 0…15 (20 bytes per block of 32).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_1
    /// value = scale × one of 16 integers in −127…113 (18 bytes per block of 32).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case iq4_nl
    /// value = factor × (scale − 32) × (q − 4), q in 0…7, one 6-bit scale for 16 weights (110 bytes per block of 256).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q3_K
    /// value = factor × scale × q − minimum factor × minimum, q in 0…3, scale and minimum of 4 bits for 16 weights
    /// (84 bytes per block of 256).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q2_K
    /// value = factor × (scale − 32) × one of 16 integers in −127…113, one 6-bit scale for 32 weights (136 bytes per
    /// block of 256).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case iq4_xs
    /// value = 2^(exponent − 127) × a number of 4 bits: ±0, ½, 1, 1½, 2, 3, 4 or 6 (17 bytes per block of 32).
    case mxfp4
    /// value = factor × (1 + 2 × scale) × ±1…15, odd, four magnitudes from a table of 512, one 4-bit scale for 32 weights
    /// (110 bytes per block of 256).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case iq3_s

    /// The kernels' name for it.
    var kernelFormat: ck_format {
        switch self {
        case .f32: ck_f32
        case .f16: ck_f16
        case .bf16: ck_bf16
        case .q8_0: ck_q8_0
        case .q4_0: ck_q4_0
        case .q6_K: ck_q6_k
        case .q4_K: ck_q4_k
        case .q5_K: ck_q5_k
        case .q5_0: ck_q5_0
        case .q5_1: ck_q5_1
        case .q4_1: ck_q4_1
        case .iq4_nl: ck_iq4_nl
        case .q3_K: ck_q3_k
        case .q2_K: ck_q2_k
        case .iq4_xs: ck_iq4_xs
        case .mxfp4: ck_mxfp4
        case .iq3_s: ck_iq3_s
        }
    }

    /// A number that never changes, from 0.
    package var number: UInt8 { UInt8(kernelFormat.rawValue) }

    /// What the level in use does with it.
    var kernels: ck_format_kernels { CPU.kernels.formats[Int(number)] }

    /// Weights of one row that share a block.
    package var blockSize: Int { ck_block_size_of(kernelFormat).weights }

    /// Bytes of a block, in model files and in kernel layout alike.
    package var bytesPerBlock: Int { ck_block_size_of(kernelFormat).bytes }

    /// Whether a product with it needs activations quantized to 8 bits.
    package var isQuantized: Bool { blockSize > 1 }

    /// Rows that kernels work on together; kernel layout pads the last group with zero rows.
    package static let rowsPerGroup = 16

    /// Bytes of one row, or nil when `columns` does not divide into blocks or the product overflows.
    package func bytesPerRow(columns: Int) -> Int? {
        guard columns > 0, columns % blockSize == 0 else { return nil }
        let (bytes, overflow) = (columns / blockSize).multipliedReportingOverflow(by: bytesPerBlock)
        return overflow ? nil : bytes
    }

    /// Bytes of one group of 16 rows in kernel layout, or nil as for ``bytesPerRow(columns:)``.
    package func bytesPerGroup(columns: Int) -> Int? {
        guard let row = bytesPerRow(columns: columns) else { return nil }
        let (bytes, overflow) = row.multipliedReportingOverflow(by: Self.rowsPerGroup)
        return overflow ? nil : bytes
    }

    /// Bytes of `rows` × `columns` in kernel layout: whole groups of 16 rows.
    package func packedBytes(rows: Int, columns: Int) -> Int? {
        guard rows > 0, let group = bytesPerGroup(columns: columns) else { return nil }
        let (bytes, overflow) = group.multipliedReportingOverflow(by: Self.groups(rows: rows))
        return overflow ? nil : bytes
    }

    /// Groups that `rows` fill, the last one perhaps in part.
    package static func groups(rows: Int) -> Int { rows / rowsPerGroup + (rows % rowsPerGroup).signum() }
}
