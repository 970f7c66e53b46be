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

    /// - Throws: ``StoreError`` `.foreign` when the environment is none of ours.
    init(_ folder: StoreFolder) throws {
        let environment: Environment
        do throws(LMDBError) {
            environment = try Environment.open(folder.path, for: .reading)
        } catch {
            throw Self.storeError(for: error, folder)
        }
        let transaction = try environment.begin()
        let pageSize = environment.pageSize
        let address = try transaction.withValue(for: Array(Self.manifest.utf8), in: .manifest) { value in
            try Self.mapAddress(from: value, pageSize, folder)
        }
        guard let address else {
            throw StoreError.withoutManifest(folder)
        }
        let file = try OpenFile(folder.data)
        guard file.identity == environment.identity else {
            throw StoreError(.inUse, folder.path, "was replaced while it was opened", wayOut: "try again")
        }
        self.file = file
        self.folder = folder
        self.transaction = transaction
        self.pageSize = pageSize
        mapAddress = address
    }

    static let manifest = "manifest"

    /// Which file the records are in.
    var identity: FileIdentity? { file.identity }

    /// The bytes of the file that hold a record, or nil when there is none.
    func location(of key: [UInt8], in database: Database) throws -> Range<Int>? {
        try transaction.withValue(for: key, in: database) { value in
            let start = Int(value.address &- mapAddress)
            guard start % pageSize == RecordLayout.pageHeaderBytes, start >= 0, start + value.byteCount <= file.length
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
        let number = UnsafeRawPointer(bitPattern: page)!.load(as: UInt.self)
        return page - number * UInt(pageSize)
    }

    private static func storeError(for error: LMDBError, _ folder: StoreFolder) -> any Error {
        error.code == LMDBError.notFound ? StoreError.withoutManifest(folder) : error
    }
}

extension RawSpan {
    fileprivate var address: UInt { withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
}
