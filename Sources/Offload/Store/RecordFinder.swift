/// Finds where in `data.mdb` the records lie, so that they can be read without LMDB's map.
///
/// A large value lies in consecutive pages and begins 16 bytes behind a page boundary, so its offset in the file is its
/// address less the address of the map. Looking a record up touches only tree pages, never a page of the value.
/// The transaction is held as long as the finder lives: until then no page moves or is used again.
struct RecordFinder: ~Copyable {
    private let folder: StoreFolder
    private let file: OpenFile
    private let transaction: Transaction
    private let pageSize: Int
    /// Where LMDB has mapped the first byte of the file.
    private let mapAddress: UInt

    /// No text of a store, vocabularies included, comes near.
    private static let longestText = 256 << 20

    /// - Parameter checked: the file whose tree was found right; LMDB would believe any other, too.
    /// - Throws: ``StoreError`` `.foreign` when the environment is none of ours.
    init(_ folder: StoreFolder, checked: FileIdentity?) throws {
        let environment: Environment
        do throws(LMDBError) {
            environment = try Environment.open(folder.path, for: .reading)
        } catch {
            throw Self.storeError(for: error, folder)
        }
        guard environment.identity == checked else { throw StoreError.replaced(folder.path) }
        let transaction = try environment.begin()
        let pageSize = environment.pageSize
        let address = try transaction.withValue(for: Array(Self.manifest.utf8), in: .manifest) { value in
            try Self.mapAddress(from: value, pageSize, folder)
        }
        guard let address else {
            throw StoreError.withoutManifest(folder)
        }
        let file = try OpenFile(folder.data)
        guard file.identity == environment.identity else { throw StoreError.replaced(folder.path) }
        self.file = file
        self.folder = folder
        self.transaction = transaction
        self.pageSize = pageSize
        mapAddress = address
    }

    static let manifest = "manifest"

    /// Bytes of the file.
    var fileLength: Int { file.length }

    /// Which file the records are in.
    var identity: FileIdentity? { file.identity }

    /// The bytes of the file that hold a record, or nil when there is none.
    func location(of key: [UInt8], in database: Database) throws -> Range<Int>? {
        try transaction.withValue(for: key, in: database) { value in
            // The map's address was worked out from a number in the file, so it may be a wrong one.
            let start = Int(exactly: value.address &- mapAddress) ?? .max
            guard start % pageSize == RecordLayout.pageHeaderBytes, start <= file.length,
                value.byteCount <= file.length - start
            else {
                throw StoreError.corrupt(
                    folder.path, "a record of \(database.rawValue) lies at byte \(start), where none can begin")
            }
            return start..<start + value.byteCount
        }
    }

    /// Reads a text (``TextRecord``) from the file.
    func text(_ name: String, in database: Database) throws -> [UInt8]? {
        guard let location = try location(of: Array(name.utf8), in: database) else { return nil }
        guard location.count <= Self.longestText else {
            throw StoreError.corrupt(folder.path, "the record of \(name) has \(location.count) bytes")
        }
        var record = [UInt8](repeating: 0, count: location.count)
        try record.withUnsafeMutableBytes { try file.read(into: $0, at: location.lowerBound) }
        file.dropCache(location)
        return try record.withUnsafeBytes { try TextRecord.text(in: $0, of: name, path: folder.path) }
    }

    /// The first large value tells: the number of its page stands in front of it.
    private static func mapAddress(from value: RawSpan, _ pageSize: Int, _ folder: StoreFolder) throws -> UInt {
        guard value.byteCount >= pageSize - RecordLayout.pageHeaderBytes,
            value.address % UInt(pageSize) == UInt(RecordLayout.pageHeaderBytes)
        else {
            throw StoreError(
                .foreign, folder.path, "holds a manifest that Offstage did not write",
                wayOut: "choose another name, or remove it yourself")
        }
        let page = value.address - UInt(RecordLayout.pageHeaderBytes)
        let number = value.withUnsafeBytes {
            ($0.baseAddress! - RecordLayout.pageHeaderBytes).load(as: UInt.self)
        }
        let (offset, overflow) = number.multipliedReportingOverflow(by: UInt(pageSize))
        guard !overflow, offset <= page else {
            throw StoreError.corrupt(folder.path, "the first page of its manifest has the number \(number)")
        }
        return page - offset
    }

    private static func storeError(for error: LMDBError, _ folder: StoreFolder) -> any Error {
        switch error.code {
        case LMDBError.notFound: StoreError.withoutManifest(folder)
        case ..<0: StoreError.corrupt(folder.path, "data.mdb is damaged: \(error)")
        default: error
        }
    }
}

extension RawSpan {
    fileprivate var address: UInt { withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
}
