import FoundationEssentials
import Tensors

/// The header of one safetensors file: its tensors, their places checked.
package struct SafetensorsFile: Sendable {
    /// No header of a real model comes near it.
    static let longestHeader = 1 << 25

    let file: InputFile
    /// What the header says beside the tensors (`__metadata__`).
    package let metadata: [String: String]
    let tensors: [StoredTensor]
    /// Of the header's bytes, the file's size and its time.
    let digest: SourceDigest

    /// - Throws: ``ModelFileError`` when the file is none, incomplete, or its tensors do not lie as they should.
    package init(path: String) throws {
        let file = try InputFile(path: path)
        let header = try Self.header(of: file)
        let decoded = try JSONDecoder().decode(Header.self, from: header, of: file)
        metadata = decoded.metadata
        tensors = try Self.place(decoded.entries, from: 8 + header.count, in: file)
        var digest = SourceDigest()
        digest.combine(header)
        digest.combine(sizeAndTimeOf: file)
        self.digest = digest
        self.file = file
    }

    /// The metadata alone, whatever the rest of the file is like.
    static func metadata(of file: InputFile) throws -> [String: String] {
        try JSONDecoder().decode(Header.self, from: header(of: file), of: file).metadata
    }
}

private struct Entry: Decodable {
    let dtype: String
    let shape: [Int]
    /// The first byte and the one after the last, from the end of the header.
    let offsets: [Int]

    private enum CodingKeys: String, CodingKey {
        case dtype, shape
        case offsets = "data_offsets"
    }
}

/// The header's JSON: an entry for each tensor, and `__metadata__`.
private struct Header: Decodable {
    let metadata: [String: String]
    let entries: [(name: String, entry: Entry)]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: SafetensorsName.self)
        // Only our own checkpoints need it, and theirs is made of strings.
        metadata = (try? container.decodeIfPresent([String: String].self, forKey: .metadata)) ?? [:]
        entries = try container.allKeys.filter { $0.stringValue != SafetensorsName.metadata.stringValue }.map { name in
            (name.stringValue, try container.decode(Entry.self, forKey: name))
        }
    }
}

extension SafetensorsFile {
    private static func header(of file: InputFile) throws -> [UInt8] {
        try refuseLFSPointer(file)
        guard file.size >= 8 else { throw file.error("is \(file.size) bytes long, too short for a safetensors file") }
        let length = try file.bytes(at: 0, count: 8).littleEndian(UInt64.self)
        guard length <= UInt64(file.size - 8) else {
            throw file.error(
                "says that its header has \(length) bytes, but is only \(file.size) bytes long",
                "The file is incomplete or no safetensors file: fetch it again")
        }
        guard length <= UInt64(longestHeader) else {
            throw file.error("has a header of \(length) bytes; at most \(longestHeader) are read")
        }
        return try file.bytes(at: 8, count: Int(length))
    }

    /// Checks that the tensors fill the file without a gap or an overlap, as the format demands.
    ///
    /// A name that stands in the header twice shows as a gap, too, since the decoder keeps one entry of it.
    private static func place(
        _ entries: [(name: String, entry: Entry)], from dataOffset: Int, in file: InputFile
    ) throws -> [StoredTensor] {
        var tensors: [StoredTensor] = []
        var next = 0
        let dataSize = file.size - dataOffset
        for (name, entry) in entries.sorted(by: { $0.entry.offsets.lexicographicallyPrecedes($1.entry.offsets) }) {
            guard entry.offsets.count == 2, entry.offsets[0] == next, (next...dataSize).contains(entry.offsets[1])
            else {
                throw file.error(
                    "has the tensor \(name) at \(entry.offsets), expected from \(next) on within \(dataSize) bytes",
                    "The file is incomplete or damaged: fetch it again")
            }
            try checkSize(of: name, entry, in: file)
            tensors.append(
                StoredTensor(
                    name: name, dimensions: entry.shape, typeName: entry.dtype,
                    format: SafetensorsType(rawValue: entry.dtype)?.format, file: file, offset: dataOffset + next,
                    byteCount: entry.offsets[1] - next))
            next = entry.offsets[1]
        }
        guard next == dataSize else {
            throw file.error(
                "has \(dataSize) bytes of tensor data, but its tensors take \(next)",
                "The file is damaged: fetch it again")
        }
        return tensors
    }

    private static func checkSize(of name: String, _ entry: Entry, in file: InputFile) throws {
        guard var bytes = SafetensorsType(rawValue: entry.dtype)?.size else { return }
        for size in entry.shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { throw file.error("has the tensor \(name) of the shape \(entry.shape)") }
            bytes = product
        }
        let length = entry.offsets[1] - entry.offsets[0]
        guard bytes == length else {
            throw file.error(
                "has \(length) bytes for the tensor \(name), \(entry.dtype) \(entry.shape), expected \(bytes)")
        }
    }
}
