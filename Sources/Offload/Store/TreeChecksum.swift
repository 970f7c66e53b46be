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
        guard let bytes = try folder.contents(of: folder.treeChecksum) else { return nil }
        do {
            return try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch {
            throw StoreError.corrupt(folder.path, "tree.crc cannot be read (\(bytes.count) bytes)")
        }
    }

    func write(to folder: StoreFolder) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try folder.write(Array(encoder.encode(self)), to: folder.treeChecksum)
    }
}

extension StoreFolder {
    /// What the tree of complete data may sum up to: while a store takes the place of another its checksum moves after
    /// its data.
    var treeChecksums: [TreeChecksum] {
        get throws {
            let moving = try? TreeChecksum.read(from: replacement)
            return try [TreeChecksum.read(from: self), moving].compactMap(\.self)
        }
    }
}
