import CKernels

extension WeightFormat {
    /// Whether ``encode(_:into:)`` knows the format.
    package var canEncode: Bool { kernels.encode != nil }
    package static var encodable: [WeightFormat] { allCases.filter(\.canEncode) }

    /// What stands in for a format of 256 weights a block where rows do not divide into those: one of 32, and of as many
    /// bits or more.
    package var substitute: WeightFormat? {
        switch self {
        case .q4_K: .q5_0
        case .q5_K: .q5_1
        case .q6_K: .q8_0
        default: nil
        }
    }

    /// This format or its ``substitute``, whichever rows of so many numbers divide into.
    package func fitting(columns: Int) -> WeightFormat? {
        [self, substitute].compactMap { $0 }.first { $0.bytesPerRow(columns: columns) != nil }
    }

    /// Turns numbers into this format, in file order: as ggml's reference quantizers do or, in formats of 256 weights a
    /// block, with a little less error; floats are rounded to nearest, ties to even.
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
