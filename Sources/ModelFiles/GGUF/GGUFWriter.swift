package import Tensors

/// Writes a GGUF file, version 3, from front to back: all sizes are said first, then the tensors' bytes follow in order.
package struct GGUFWriter: ~Copyable {
    /// A tensor that will be written.
    package struct Tensor: Sendable {
        package var name: String
        /// Sizes, the outermost first.
        package var dimensions: [Int]
        package var format: WeightFormat

        package init(name: String, dimensions: [Int], format: WeightFormat) {
            self.name = name
            self.dimensions = dimensions
            self.format = format
        }

        /// - Precondition: the innermost size divides into blocks of the format.
        package var byteCount: Int {
            guard let row = format.bytesPerRow(columns: dimensions.last ?? 0) else {
                preconditionFailure("\(name) of \(dimensions) in \(format)")
            }
            return dimensions.dropLast().reduce(row, *)
        }
    }

    /// Bytes the whole file will have.
    package let size: Int
    private var file: OutputFile
    /// Bytes written so far.
    private(set) var written: Int
    /// Where the tensors not yet complete end, the next one last.
    private var ends: [Int]

    /// Begins the file at `path` with its header; it gets its name when it is finished.
    ///
    /// - Throws: ``ModelFileError`` when the disk has no room for all of it.
    package init(path: String, metadata: [(key: String, value: GGUFValue)], tensors: [Tensor]) throws {
        var offsets: [Int] = []
        var end = 0
        for tensor in tensors {
            offsets.append(end)
            end = Self.aligned(end + tensor.byteCount)
        }
        var header = Self.header(metadata: metadata, tensors: Array(zip(tensors, offsets)))
        header += [UInt8](repeating: 0, count: Self.aligned(header.count) - header.count)
        var file = try OutputFile(path: path, size: header.count + end)
        try header.withUnsafeBytes { try file.write($0) }
        self.file = file
        size = header.count + end
        written = header.count
        ends = zip(tensors, offsets).map { header.count + $1 + $0.byteCount }.reversed()
    }

    /// Writes the next bytes of the tensors; those of one tensor may come in several calls, but not those of two in one.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard let end = ends.last, bytes.count <= end - written else {
            preconditionFailure("\(bytes.count) bytes at \(written), where a tensor ends at \(ends.last ?? size)")
        }
        try file.write(bytes)
        written += bytes.count
        if written == end {
            ends.removeLast()
            try pad()
        }
    }

    /// Completes the file once all tensors have been written.
    package consuming func finish() throws {
        precondition(ends.isEmpty, "\(ends.count) tensors are not written")
        try file.finish()
    }

    private mutating func pad() throws {
        let zeros = [UInt8](repeating: 0, count: Self.aligned(written) - written)
        try zeros.withUnsafeBytes { try file.write($0) }
        written += zeros.count
    }

    private static func aligned(_ position: Int) -> Int {
        let alignment = GGUFFile.defaultAlignment
        return (position + alignment - 1) / alignment * alignment
    }

    private static func header(
        metadata: [(key: String, value: GGUFValue)], tensors: [(tensor: Tensor, offset: Int)]
    ) -> [UInt8] {
        var header = GGUFFile.magic
        header.append(littleEndian: UInt32(3))
        header.append(littleEndian: UInt64(tensors.count))
        header.append(littleEndian: UInt64(metadata.count))
        for (key, value) in metadata { header += GGUFValue.bytes(of: key) + value.encoded }
        for (tensor, offset) in tensors {
            header += GGUFValue.bytes(of: tensor.name)
            header.append(littleEndian: UInt32(tensor.dimensions.count))
            for size in tensor.dimensions.reversed() { header.append(littleEndian: UInt64(size)) }
            header.append(littleEndian: GGMLType.number(of: tensor.format))
            header.append(littleEndian: UInt64(offset))
        }
        return header
    }
}

extension GGUFValue {
    /// The type and the value as a file has them.
    fileprivate var encoded: [UInt8] {
        var encoded: [UInt8] = []
        if let count {
            encoded.append(littleEndian: GGUFValueType.array.rawValue)
            encoded.append(littleEndian: type.rawValue)
            encoded.append(littleEndian: UInt64(count))
        } else {
            encoded.append(littleEndian: type.rawValue)
        }
        return encoded + bytes
    }
}

extension [UInt8] {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
