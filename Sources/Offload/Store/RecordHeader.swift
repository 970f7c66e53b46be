import ModelFiles
import Tensors

/// The first 48 bytes of a record, little-endian: what the record is, so that it cannot be taken for another.
///
/// | bytes | |
/// |---|---|
/// | 0 | `OFR1` |
/// | 4 | layout version, u16 |
/// | 6 | kind, u8 |
/// | 7 | formats of gate, up and down (or of the one matrix), 3 × u8 |
/// | 10 | 0, 3 × u16 |
/// | 16 | rows, columns, first row, 3 × u32 |
/// | 28 | tiles, u32 |
/// | 32 | bytes of the payload, u64 |
/// | 40 | CRC-32C of the key it is kept under, u32 |
/// | 44 | CRC-32C of the 44 bytes before and of the tile table with its padding, u32 |
struct RecordHeader: Sendable {
    enum Kind: UInt8, Sendable {
        case expert = 1
        case dense, text
    }

    let kind: Kind
    let layout: RecordLayout
    private let formats: (UInt8, UInt8, UInt8)
    private let rows: UInt32
    private let columns: UInt32
    private let firstRow: UInt32
    private let keyChecksum: UInt32

    private static let layoutVersion: UInt16 = 1
    private static let magic = UInt32(0x3152_464F)  // OFR1

    /// - Parameter formats: up to three.
    init(
        _ kind: Kind, key: [UInt8], formats: [WeightFormat] = [], rows: Int = 0, columns: Int = 0, firstRow: Int = 0,
        layout: RecordLayout
    ) {
        self.kind = kind
        self.layout = layout
        let codes = formats.map { $0.number + 1 } + [0, 0, 0]
        self.formats = (codes[0], codes[1], codes[2])
        self.rows = UInt32(rows)
        self.columns = UInt32(columns)
        self.firstRow = UInt32(firstRow)
        keyChecksum = key.withUnsafeBytes { crc32c($0) }
    }

    /// Writes all but the checksum.
    private func encode(to bytes: UnsafeMutableRawBufferPointer) {
        func put(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
            bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value.littleEndian))
        }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        put(Self.magic, at: 0)
        put(Self.layoutVersion, at: 4)
        put(kind.rawValue, at: 6)
        put(formats.0, at: 7)
        put(formats.1, at: 8)
        put(formats.2, at: 9)
        put(rows, at: 16)
        put(columns, at: 20)
        put(firstRow, at: 24)
        put(UInt32(layout.tileCount), at: 28)
        put(UInt64(layout.payloadLength), at: 32)
        put(keyChecksum, at: 40)
    }

    /// Writes header and table in front of a payload that is there already, with the checksums of its tiles.
    func write(to record: UnsafeMutableRawBufferPointer, tiles: [Range<Int>]) {
        let table = RecordLayout.headerBytes..<layout.payloadOffset
        UnsafeMutableRawBufferPointer(rebasing: record[table]).initializeMemory(as: UInt8.self, repeating: 0)
        let payload = UnsafeRawBufferPointer(rebasing: record[layout.payloadOffset...])
        for (index, tile) in tiles.enumerated() {
            let checksum = crc32c(UnsafeRawBufferPointer(rebasing: payload[tile]))
            record.storeBytes(of: checksum.littleEndian, toByteOffset: table.lowerBound + index * 4, as: UInt32.self)
        }
        encode(to: UnsafeMutableRawBufferPointer(rebasing: record[..<Self.checkedBytes]))
        let checksum = Self.checksum(of: UnsafeRawBufferPointer(record), layout)
        record.storeBytes(of: checksum.littleEndian, toByteOffset: Self.checkedBytes, as: UInt32.self)
    }

    /// What is wrong with the start of a record, if anything: it must be this very header, intact with its table.
    func fault(in record: UnsafeRawBufferPointer) -> String? {
        guard record.count >= layout.payloadOffset else { return "ends within its header" }
        let stored = UInt32(littleEndian: record.loadUnaligned(fromByteOffset: Self.checkedBytes, as: UInt32.self))
        let found = Self.checksum(of: record, layout)
        guard stored == found else {
            return "has a header with checksum \(hex(found)), and \(hex(stored)) was written"
        }
        return withUnsafeTemporaryAllocation(byteCount: Self.checkedBytes, alignment: 8) { expected in
            encode(to: expected)
            let isExpected = record[..<Self.checkedBytes].elementsEqual(expected)
            return isExpected ? nil : "is another record than the one that belongs there"
        }
    }

    /// The checksum that a tile should have, from a record whose header was found right.
    static func checksum(ofTile tile: Int, in record: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(littleEndian: record.loadUnaligned(fromByteOffset: headerBytes + tile * 4, as: UInt32.self))
    }

    private static let headerBytes = RecordLayout.headerBytes
    /// Bytes before the checksum.
    private static let checkedBytes = headerBytes - 4

    private static func checksum(of record: UnsafeRawBufferPointer, _ layout: RecordLayout) -> UInt32 {
        let header = crc32c(UnsafeRawBufferPointer(rebasing: record[..<checkedBytes]))
        return crc32c(UnsafeRawBufferPointer(rebasing: record[headerBytes..<layout.payloadOffset]), seed: header)
    }
}

extension [UInt8] {
    mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func append<Value: FixedWidthInteger>(bigEndian value: Value) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}
