/// Where the parts of a record lie: a header, a checksum for each tile, the payload.
///
/// LMDB puts a value of more than half a page 16 bytes behind a page boundary. With a header of 48 bytes and a table
/// padded to 64 the payload begins on a 64-byte boundary of the file, and of any page-aligned memory it is read into.
struct RecordLayout: Hashable, Sendable {
    static let headerBytes = 48
    /// What LMDB writes in front of a large value.
    static let pageHeaderBytes = 16
    /// Reads begin and end on such boundaries.
    static let windowAlignment = 4096
    /// Shorter records are padded, so that LMDB keeps every record in pages of its own.
    private static let shortest = windowAlignment - pageHeaderBytes

    let tileCount: Int
    let payloadLength: Int

    /// Bytes from the start of the record to the payload.
    var payloadOffset: Int { Self.headerBytes + (tileCount * 4 + 63) / 64 * 64 }
    var length: Int { max(Self.shortest, payloadOffset + payloadLength) }

    /// Bytes of the aligned stretch of the file that covers the record, LMDB's page header included.
    var windowLength: Int {
        let end = Self.pageHeaderBytes + length
        return (end + Self.windowAlignment - 1) / Self.windowAlignment * Self.windowAlignment
    }

    /// Bytes from the start of the window to the payload.
    var payloadOffsetInWindow: Int { Self.pageHeaderBytes + payloadOffset }
}
