/// Puts records into an environment, in transactions small enough to keep in memory.
///
/// LMDB holds what a transaction puts in memory until its commit; a commit writes it out, and a checkpoint every so many
/// bytes makes it durable.
struct PackWriter: ~Copyable {
    private static let bytesPerCheckpoint = 1 << 30

    private let environment: Environment
    private let bytesPerCommit: Int
    private var transaction: Transaction?
    private var uncommitted = 0
    private var unsynced = 0
    /// Whether something that was to be committed or synced was not, so that nobody knows what the disk holds.
    private(set) var hasFailed = false

    init(_ environment: Environment, bytesPerCommit: Int) {
        self.environment = environment
        self.bytesPerCommit = bytesPerCommit
    }

    mutating func contains(_ key: [UInt8], in database: Database) throws -> Bool {
        try begin()
        return try transaction!.contains(key, in: database)
    }

    /// Puts a record that `fill` writes; when that throws, what was not yet committed is dropped.
    mutating func put(
        _ key: [UInt8], in database: Database, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        try begin()
        do {
            try transaction!.put(key, in: database, byteCount: byteCount, fill: fill)
        } catch {
            transaction = nil
            throw error
        }
        uncommitted += byteCount
        unsynced += byteCount
        if uncommitted >= bytesPerCommit { try commit() }
        if unsynced >= Self.bytesPerCheckpoint { try checkpoint() }
    }

    /// Lends the transaction for whatever else belongs into it.
    mutating func write(_ body: (borrowing Transaction) throws -> Void) throws {
        try begin()
        do { try body(transaction!) } catch {
            transaction = nil
            throw error
        }
    }

    /// Commits, and waits until everything is on the disk.
    mutating func checkpoint() throws {
        try commit()
        hasFailed = true
        try environment.sync()
        hasFailed = false
        unsynced = 0
    }

    private mutating func begin() throws {
        if transaction == nil { transaction = try environment.begin(writing: true) }
    }

    private mutating func commit() throws {
        let wasFailed = hasFailed
        hasFailed = true
        try transaction.take()?.commit()
        hasFailed = wasFailed
        uncommitted = 0
    }
}
