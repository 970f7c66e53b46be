import CLMDB

/// A consistent view of an environment; what was put and not committed is dropped with it.
struct Transaction: ~Copyable {
    private var handle: OpaquePointer?
    /// Keeps the environment open for as long as this transaction.
    private let environment: Environment

    init(_ handle: OpaquePointer, in environment: Environment) {
        self.handle = handle
        self.environment = environment
    }

    deinit {
        if let handle { mdb_txn_abort(handle) }
    }

    consuming func commit() throws(LMDBError) {
        let code = mdb_txn_commit(handle)
        handle = nil  // LMDB has freed it, whatever it answered.
        try check(code, "commit to \(environment.path)")
    }

    /// Lends the value of a key.
    ///
    /// - Returns: nil when there is none.
    func withValue<Result>(
        for key: [UInt8], in database: Database, _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        var value = MDB_val()
        let code = key.withUnsafeBytes { bytes in
            var key = MDB_val(bytes)
            return mdb_get(handle, environment.handle(of: database), &key, &value)
        }
        if code == MDB_NOTFOUND { return nil }
        try check(code, "look up a key in \(database.rawValue)")
        return try body(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size).bytes)
    }

    func contains(_ key: [UInt8], in database: Database) throws -> Bool {
        try withValue(for: key, in: database) { _ in true } ?? false
    }

    /// How many keys a database has.
    func count(in database: Database) throws(LMDBError) -> Int {
        var statistics = MDB_stat()
        try check(mdb_stat(handle, environment.handle(of: database), &statistics), "count \(database.rawValue)")
        return statistics.ms_entries
    }

    /// Puts a value of `byteCount` bytes, which `fill` writes where LMDB will keep them until the commit.
    ///
    /// When `fill` throws, the value is undefined and the transaction must not be committed.
    func put(
        _ key: [UInt8], in database: Database, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        var value = MDB_val(mv_size: byteCount, mv_data: nil)
        let code = key.withUnsafeBytes { bytes in
            var key = MDB_val(bytes)
            return mdb_put(handle, environment.handle(of: database), &key, &value, UInt32(MDB_RESERVE))
        }
        try check(code, "make room for \(byteCount) bytes in \(database.rawValue)")
        try fill(UnsafeMutableRawBufferPointer(start: value.mv_data, count: byteCount))
    }
}

extension MDB_val {
    fileprivate init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}
