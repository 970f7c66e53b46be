package import Tensors

extension SafetensorsFile {
    package var names: [String] { tensors.map(\.name) }

    /// The sizes of a tensor, the outermost first and without outer ones; nil when there is no such tensor.
    package func shape(of name: String) -> [Int]? { tensor(name)?.dimensions }

    /// All numbers of a tensor, as f32.
    ///
    /// - Throws: ``ModelFileError`` when it is missing, or of a type that is no f32, f16, bf16 or i32.
    package func numbers(of name: String) throws -> [Float] {
        let tensor = try required(name)
        let bytes = try file.bytes(at: tensor.offset, count: tensor.byteCount)
        if tensor.typeName == SafetensorsType.i32.rawValue { return bytes.int32s.map(Float.init) }
        guard let format = tensor.format else {
            throw file.error("has the tensor \(name) of the type \(tensor.typeName), where numbers are expected")
        }
        var numbers = [Float](repeating: 0, count: tensor.dimensions.reduce(1, *))
        var span = numbers.mutableSpan
        bytes.withUnsafeBytes { format.decode($0, into: &span) }
        return numbers
    }

    /// Fills a matrix with the numbers of a tensor that has as many.
    package func read(_ name: String, into matrix: MatrixView) throws {
        let numbers = try numbers(of: name)
        guard numbers.count == matrix.rows * matrix.columns else {
            throw file.error(
                "has \(numbers.count) numbers for \(name), expected \(matrix.rows) × \(matrix.columns)")
        }
        matrix.withMutableValues { values in
            for index in numbers.indices { values[index] = numbers[index] }
        }
    }

    /// The bytes of a tensor of any type.
    package func bytes(of name: String) throws -> [UInt8] {
        let tensor = try required(name)
        return try file.bytes(at: tensor.offset, count: tensor.byteCount)
    }

    private func tensor(_ name: String) -> StoredTensor? { tensors.first { $0.name == name } }

    private func required(_ name: String) throws -> StoredTensor {
        guard let tensor = tensor(name) else { throw file.error("has no tensor \(name)") }
        return tensor
    }
}

extension [UInt8] {
    /// The 32-bit integers whose bytes these are, the lowest byte first.
    fileprivate var int32s: [Int32] {
        withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self))
            }
        }
    }
}
