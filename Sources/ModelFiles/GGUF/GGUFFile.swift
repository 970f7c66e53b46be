import FoundationEssentials
import Tensors

/// The header of one GGUF file: its metadata, and its tensors with their places checked.
struct GGUFFile: Sendable {
    static let magic = Array("GGUF".utf8)
    static let alignmentKey = "general.alignment"
    static let defaultAlignment = 32

    let file: InputFile
    let metadata: GGUFMetadata
    let tensors: [StoredTensor]
    /// Of the header's bytes, the file's size and its time.
    let digest: SourceDigest

    init(path: String) throws {
        let file = try InputFile(path: path)
        var reader = GGUFHeaderReader(file)
        try Self.checkStart(&reader)
        let tensorCount = try reader.count("tensors", ofAtLeast: 32)
        let valueCount = try reader.count("metadata values", ofAtLeast: 13)
        metadata = GGUFMetadata(path: path, values: try Self.readMetadata(&reader, count: valueCount))
        let entries = try Self.readEntries(&reader, count: tensorCount)
        let alignment = try Self.alignment(metadata)
        let dataOffset = try Self.aligned(reader.position, to: alignment, file)
        tensors = try Self.place(entries, from: dataOffset, alignment: alignment, in: file)
        var digest = reader.digest
        digest.combine(sizeAndTimeOf: file)
        self.digest = digest
        self.file = file
    }
}

/// A tensor as the header lists it.
private struct Entry {
    let name: String
    /// The innermost first.
    let dimensions: [Int]
    let type: GGMLType
    /// From the start of the tensor data.
    let offset: UInt64
}

extension GGUFFile {
    private static func checkStart(_ reader: inout GGUFHeaderReader) throws {
        let file = reader.file
        guard file.size >= 24 else { throw file.error("is \(file.size) bytes long, too short for a GGUF file") }
        let magic = try reader.integer("the magic number", UInt32.self)
        guard magic == Self.magic.littleEndian() else { throw file.error("does not begin with GGUF") }
        let version = try reader.integer("the version", UInt32.self)
        switch version {
        case 2, 3: return
        case 0x0200_0000, 0x0300_0000:
            throw file.error(
                "is a big-endian GGUF file",
                "Supported is little endian: convert it with gguf_convert_endian.py of llama.cpp")
        default:
            throw file.error(
                "is a GGUF file of version \(version)",
                "Supported are versions 2 and 3: convert the model again with a current llama.cpp")
        }
    }

    private static func readMetadata(_ reader: inout GGUFHeaderReader, count: Int) throws -> [String: GGUFValue] {
        var values: [String: GGUFValue] = [:]
        for _ in 0..<count {
            let key = try reader.string("a metadata key")
            let value = try reader.value(of: key)
            guard values.updateValue(value, forKey: key) == nil else {
                throw reader.file.error("has the metadata key \(key) twice")
            }
        }
        return values
    }

    private static func readEntries(_ reader: inout GGUFHeaderReader, count: Int) throws -> [Entry] {
        var entries: [Entry] = []
        var names: Set<String> = []
        for _ in 0..<count {
            let entry = try readEntry(&reader)
            guard names.insert(entry.name).inserted else {
                throw reader.file.error("has the tensor \(entry.name) twice")
            }
            entries.append(entry)
        }
        return entries
    }

    private static func readEntry(_ reader: inout GGUFHeaderReader) throws -> Entry {
        let name = try reader.string("a tensor name")
        let dimensionCount = try reader.integer("the dimensions of \(name)", UInt32.self)
        guard (1...4).contains(dimensionCount) else {
            throw reader.file.error("has the tensor \(name) with \(dimensionCount) dimensions; 1 to 4 are possible")
        }
        var dimensions: [Int] = []
        for _ in 0..<dimensionCount {
            let size = try reader.integer("the dimensions of \(name)", UInt64.self)
            guard size >= 1, let size = Int(exactly: size) else {
                throw reader.file.error("has the tensor \(name) with a dimension of \(size)")
            }
            dimensions.append(size)
        }
        let type = GGMLType(number: try reader.integer("the type of \(name)"))
        return Entry(
            name: name, dimensions: dimensions, type: type, offset: try reader.integer("the offset of \(name)"))
    }

    private static func alignment(_ metadata: GGUFMetadata) throws -> Int {
        let alignment = try metadata.integer(alignmentKey) ?? defaultAlignment
        guard alignment > 0, alignment & (alignment - 1) == 0 else {
            throw metadata.error("says that tensors are aligned to \(alignment) bytes, which is no power of two")
        }
        return alignment
    }

    private static func aligned(_ position: Int, to alignment: Int, _ file: InputFile) throws -> Int {
        let (sum, overflow) = position.addingReportingOverflow(alignment - 1)
        guard !overflow else { throw file.error("says that tensors are aligned to \(alignment) bytes") }
        return sum & ~(alignment - 1)
    }

    /// Checks that every tensor lies in the file, aligned, and that none overlap.
    private static func place(
        _ entries: [Entry], from dataOffset: Int, alignment: Int, in file: InputFile
    ) throws -> [StoredTensor] {
        var ranges: [(range: Range<Int>, name: String)] = []
        let tensors = try entries.map { entry in
            let length = try byteCount(of: entry, in: file)
            let data = file.size - dataOffset
            guard entry.offset % UInt64(alignment) == 0 else {
                throw file.error(
                    "has the tensor \(entry.name) at \(entry.offset), which is not aligned to \(alignment)")
            }
            guard length <= data, entry.offset <= UInt64(data - length) else {
                throw file.error(
                    "has \(max(data, 0)) bytes of tensors, but \(entry.name) takes \(length) from \(entry.offset) on",
                    "The file is incomplete or damaged: fetch it again")
            }
            let offset = dataOffset + Int(entry.offset)
            ranges.append((offset..<offset + length, entry.name))
            return StoredTensor(
                name: entry.name, dimensions: entry.dimensions.reversed(), typeName: entry.type.name,
                format: entry.type.format, file: file, offset: offset, byteCount: length)
        }
        ranges.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        for (one, next) in zip(ranges, ranges.dropFirst()) where one.range.upperBound > next.range.lowerBound {
            throw file.error("has the tensors \(one.name) and \(next.name) in the same place")
        }
        return tensors
    }

    /// Bytes of a tensor; of a type that is none of ours at least one.
    private static func byteCount(of entry: Entry, in file: InputFile) throws -> Int {
        guard let format = entry.type.format else { return 1 }
        guard var bytes = format.bytesPerRow(columns: entry.dimensions[0]) else {
            throw file.error(
                "has the tensor \(entry.name), whose rows of \(entry.dimensions[0]) do not divide into "
                    + "\(entry.type.name) blocks")
        }
        for size in entry.dimensions.dropFirst() {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
            guard !overflow else {
                throw file.error("has the tensor \(entry.name) of \(entry.dimensions), which no memory holds")
            }
            bytes = product
        }
        return bytes
    }
}
