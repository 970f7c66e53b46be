import FoundationEssentials

/// The checksum of the pages that LMDB follows pointers in: both meta pages and every branch and leaf page.
///
/// LMDB trusts these pages, and a flipped bit in one can crash it, so they are read and checked before LMDB maps the
/// file. It is kept as `tree.crc` beside `data.mdb`: inside, writing it would change the pages it covers. It is written
/// after the transaction that completes the store, and a complete store is never written again.
struct TreeChecksum: Codable, Equatable, Sendable {
    /// LMDB's number of the last transaction.
    var transaction: UInt64
    var pages: Int
    var crc32c: UInt32

    static func read(from folder: StoreFolder) throws -> TreeChecksum? {
        guard let bytes = FileManager.default.contents(atPath: folder.treeChecksum) else { return nil }
        do {
            return try JSONDecoder().decode(Self.self, from: bytes)
        } catch {
            throw StoreError.corrupt(folder.path, "tree.crc cannot be read (\(bytes.count) bytes)")
        }
    }

    func write(to folder: StoreFolder) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try folder.attempt("be written to") {
            try encoder.encode(self).write(to: URL(filePath: folder.treeChecksum), options: .atomic)
        }
        folder.syncNames()
    }
}
