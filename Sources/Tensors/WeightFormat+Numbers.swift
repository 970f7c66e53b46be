import CKernels

extension WeightFormat {
    /// Whether ``encode(_:into:)`` knows the format.
    package var canEncode: Bool { self != .q6_K }

    /// Turns numbers into this format, in file order: as ggml's reference quantizers do, or rounded to nearest, ties to even.
    ///
    /// - Parameters:
    ///   - numbers: one row or several, each of whole blocks.
    ///   - file: room for as many blocks.
    package func encode(_ numbers: Span<Float>, into file: UnsafeMutableRawBufferPointer) {
        precondition(canEncode, "numbers are never turned into \(rawValue)")
        guard !numbers.isEmpty else { return }
        let bytes = checkedBytesPerRow(numbers.count)
        precondition(file.count >= bytes, "\(file.count) bytes of room for \(bytes)")
        numbers.withUnsafeBufferPointer { numbers in
            let (row, columns, file) = (numbers.baseAddress!, numbers.count, file.baseAddress!)
            switch self {
            case .f32: file.copyMemory(from: row, byteCount: bytes)
            case .f16: CPU.kernels.encode_f16(row, columns, file)
            case .bf16: CPU.kernels.encode_bf16(row, columns, file)
            case .q8_0: CPU.kernels.encode_q8_0(row, columns, file)
            case .q4_0: CPU.kernels.encode_q4_0(row, columns, file)
            case .q6_K: break
            }
        }
    }

    /// The index of the first weight in file order that is a NaN or an infinity, or whose block has such a scale.
    ///
    /// - Parameter file: whole blocks.
    package func firstNonFinite(in file: UnsafeRawBufferPointer) -> Int? {
        guard let start = file.baseAddress else { return nil }
        let blocks = file.count / bytesPerBlock
        let found =
            switch self {
            case .f32: CPU.kernels.first_non_finite(start.assumingMemoryBound(to: Float.self), blocks)
            case .f16: ck_first_non_finite_half(start, blocks, 0x7c00)
            case .bf16: ck_first_non_finite_half(start, blocks, 0x7f80)
            case .q8_0, .q4_0: ck_first_non_finite_scale(start, blocks, bytesPerBlock, 0)
            case .q6_K: ck_first_non_finite_scale(start, blocks, bytesPerBlock, bytesPerBlock - 2)
            }
        return found < blocks ? found * blockSize : nil
    }

    /// The numbers that bytes in file order stand for; fills `numbers`.
    package func decode(_ file: UnsafeRawBufferPointer, into numbers: inout MutableSpan<Float>) {
        guard !numbers.isEmpty else { return }
        let bytes = checkedBytesPerRow(numbers.count)
        precondition(file.count >= bytes, "\(file.count) bytes for \(bytes)")
        numbers.withUnsafeMutableBufferPointer { numbers in
            let (row, columns, file) = (numbers.baseAddress!, numbers.count, file.baseAddress!)
            switch self {
            case .f32: UnsafeMutableRawPointer(row).copyMemory(from: file, byteCount: bytes)
            case .f16: CPU.kernels.decode_f16(file, columns, row)
            case .bf16: CPU.kernels.decode_bf16(file, columns, row)
            case .q8_0: CPU.kernels.decode_q8_0(file, columns, row)
            case .q4_0: CPU.kernels.decode_q4_0(file, columns, row)
            case .q6_K: CPU.kernels.decode_q6_k(file, columns, row)
            }
        }
    }
}
