import Tensors

/// Bytes that are not weights (the manifest, a vocabulary), kept as a record of one tile so that their checksum is too.
enum TextRecord {
    static func put(_ text: [UInt8], key name: String, in database: Database, _ transaction: borrowing Transaction)
        throws
    {
        let header = header(of: name, byteCount: text.count)
        try transaction.put(Array(name.utf8), in: database, byteCount: header.layout.length) { record in
            record.initializeMemory(as: UInt8.self, repeating: 0)
            UnsafeMutableRawBufferPointer(rebasing: record[header.layout.payloadOffset...]).copyBytes(from: text)
            header.write(to: record, tiles: [0..<text.count])
        }
    }

    /// The text in a record.
    ///
    /// - Throws: ``StoreError`` `.corrupt` when it is not that text's record, or not intact.
    static func text(in record: UnsafeRawBufferPointer, of name: String, path: String) throws -> [UInt8] {
        guard record.count >= RecordLayout(tileCount: 1, payloadLength: 0).length else {
            throw StoreError.corrupt(path, "the record of \(name) has \(record.count) bytes")
        }
        let stored = UInt64(littleEndian: record.loadUnaligned(fromByteOffset: 32, as: UInt64.self))
        guard let byteCount = Int(exactly: stored), byteCount <= record.count else {
            throw StoreError.corrupt(path, "the record of \(name) claims \(stored) bytes and has \(record.count)")
        }
        let header = header(of: name, byteCount: byteCount)
        guard header.layout.length == record.count else {
            throw StoreError.corrupt(path, "the record of \(name) claims \(stored) bytes and has \(record.count)")
        }
        if let fault = header.fault(in: record) { throw StoreError.corrupt(path, "the record of \(name) \(fault)") }
        let start = header.layout.payloadOffset
        let text = UnsafeRawBufferPointer(rebasing: record[start..<start + byteCount])
        guard crc32c(text) == RecordHeader.checksum(ofTile: 0, in: record) else {
            throw StoreError.corrupt(path, "the record of \(name) has a wrong checksum")
        }
        return Array(text)
    }

    private static func header(of name: String, byteCount: Int) -> RecordHeader {
        RecordHeader(.text, key: Array(name.utf8), layout: RecordLayout(tileCount: 1, payloadLength: byteCount))
    }
}
