import FoundationEssentials
package import Tensors

/// Writes a safetensors file from front to back: all shapes are said first, then the tensors' bytes follow in order.
///
/// The file appears under its name when it is finished, in one step and for good; until then, and whatever goes wrong,
/// a file that had the name stays as it was.
package struct SafetensorsWriter: ~Copyable {
    /// A tensor that will be written.
    package struct Tensor: Sendable {
        package var name: String
        package var type: SafetensorsType
        /// Sizes, the outermost first.
        package var shape: [Int]

        package init(name: String, type: SafetensorsType = .f32, shape: [Int]) {
            self.name = name
            self.type = type
            self.shape = shape
        }

        package var byteCount: Int { shape.reduce(type.size, *) }
    }

    /// Bytes the whole file will have.
    package let size: Int
    private var file: OutputFile
    private var written: Int
    /// Where the tensors not yet complete end, the next one last.
    private var ends: [Int]

    /// Begins the file at `path` with its header.
    ///
    /// - Parameters:
    ///   - metadata: what the header says beside the tensors.
    ///   - tensors: in the order in which they will be written, those of wider types before those of narrower ones, since
    ///     readers want each number at a multiple of its size.
    /// - Throws: ``ModelFileError`` when the disk has no room for all of it, or the folder may not be written to.
    package init(path: String, metadata: [String: String] = [:], tensors: [Tensor]) throws {
        let header = try Header(metadata: metadata, tensors: tensors).encoded()
        let data = tensors.reduce(0) { $0 + $1.byteCount }
        var file = try OutputFile(path: path, size: header.count + data)
        try header.withUnsafeBytes { try file.write($0) }
        self.file = file
        size = header.count + data
        written = header.count
        var end = header.count
        ends = []
        for tensor in tensors {
            precondition((end - header.count) % tensor.type.size == 0, "\(tensor.name) after tensors of narrower types")
            end += tensor.byteCount
            ends.append(end)
        }
        ends.reverse()
        skipEmpty()
    }

    /// Writes the next bytes of the tensors; those of one tensor may come in several calls, but not those of two in one.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        guard let end = ends.last, bytes.count <= end - written else {
            preconditionFailure("\(bytes.count) bytes at \(written), where a tensor ends at \(ends.last ?? size)")
        }
        try file.write(bytes)
        written += bytes.count
        skipEmpty()
    }

    /// Writes the next numbers of a tensor of f32.
    package mutating func append(_ numbers: MatrixView) throws {
        try numbers.withValues { numbers throws in
            try numbers.withUnsafeBytes { try append($0) }
        }
    }

    /// Completes the file once all tensors have been written.
    package consuming func finish() throws {
        precondition(ends.isEmpty, "\(ends.count) tensors are not written")
        try file.finish()
    }

    /// Goes on to the next tensor that has bytes to come.
    private mutating func skipEmpty() {
        while ends.last == written { ends.removeLast() }
    }
}

private struct Header: Encodable {
    let metadata: [String: String]
    let tensors: [SafetensorsWriter.Tensor]

    private struct Entry: Encodable {
        var dtype: String
        var shape: [Int]
        var offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: SafetensorsName.self)
        if !metadata.isEmpty { try container.encode(metadata, forKey: .metadata) }
        var offset = 0
        for tensor in tensors {
            let entry = Entry(
                dtype: tensor.type.rawValue, shape: tensor.shape, offsets: [offset, offset + tensor.byteCount])
            try container.encode(entry, forKey: SafetensorsName(stringValue: tensor.name))
            offset += tensor.byteCount
        }
    }

    /// The header as a file has it: its length, the JSON, and spaces so that the tensors begin at a multiple of 8.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var json = try Array(encoder.encode(self))
        json += [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
        var header: [UInt8] = []
        header.append(littleEndian: UInt64(json.count))
        return header + json
    }
}
