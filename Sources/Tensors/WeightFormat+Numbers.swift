import CKernels

extension WeightFormat {
    /// Whether ``encode(_:into:)`` knows the format.
    package var canEncode: Bool { kernels.encode != nil }

    /// Turns numbers into this format, in file order: as ggml's reference quantizers do, or rounded to nearest, ties to even.
    ///
    /// - Parameters:
    ///   - numbers: one row or several, each of whole blocks.
    ///   - file: room for as many blocks.
    package func encode(_ numbers: Span<Float>, into file: UnsafeMutableRawBufferPointer) {
        guard let encode = kernels.encode else { preconditionFailure("numbers are never turned into \(rawValue)") }
        guard !numbers.isEmpty else { return }
        let bytes = checkedBytesPerRow(numbers.count)
        precondition(file.count >= bytes, "\(file.count) bytes of room for \(bytes)")
        numbers.withUnsafeBufferPointer { encode($0.baseAddress!, $0.count, file.baseAddress!) }
    }

    /// The index of the first weight in file order that is a NaN or an infinity, or whose block has such a scale.
    ///
    /// - Parameter file: whole blocks.
    package func firstNonFinite(in file: UnsafeRawBufferPointer) -> Int? {
        guard let start = file.baseAddress else { return nil }
        let blocks = file.count / bytesPerBlock
        let found = ck_first_non_finite(kernelFormat, start, blocks)
        return found < blocks ? found * blockSize : nil
    }

    /// The numbers that bytes in file order stand for; fills `numbers`.
    package func decode(_ file: UnsafeRawBufferPointer, into numbers: inout MutableSpan<Float>) {
        guard !numbers.isEmpty else { return }
        let bytes = checkedBytesPerRow(numbers.count)
        precondition(file.count >= bytes, "\(file.count) bytes for \(bytes)")
        numbers.withUnsafeMutableBufferPointer { kernels.decode(file.baseAddress!, $0.count, $0.baseAddress!) }
    }
}
