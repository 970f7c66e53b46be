import CLMDB
import Glibc

/// An open LMDB environment: one folder with `data.mdb`.
///
/// Everybody in this process who opens the same file shares one environment, and with it one map.
///
/// LMDB's own locks are not taken. They count readers in a table of fixed length (126 processes) so that a writer uses
/// no page again that one of them sees; but a complete store is never written again, and an incomplete one is only
/// looked into under the lock on its folder (``FolderLock``). So any number may read, on a read-only disk as well, and
/// data can be replaced without a `lock.mdb` that speaks of other data.
final class Environment: @unchecked Sendable {  // Set once; LMDB's environment handle may be used by any thread.
    enum Access: Sendable, Equatable {
        case reading
        /// For the packer alone. Nothing is synced before ``sync()``, so a checkpoint costs one flush and not hundreds.
        case packing(capacity: Int)
    }

    let path: String
    let access: Access
    let pageSize: Int
    let identity: FileIdentity
    private let handle: OpaquePointer
    private let databases: [MDB_dbi]

    private init(path: String, access: Access) throws(LMDBError) {
        let handle = try Self.opened(path, access)
        do throws(LMDBError) {
            databases = try Self.openDatabases(handle, access)
            identity = try Self.identity(of: handle, path)
            var statistics = MDB_stat()
            try check(mdb_env_stat(handle, &statistics), "look at \(path)")
            pageSize = Int(statistics.ms_psize)
        } catch {
            mdb_env_close(handle)
            throw error
        }
        self.path = path
        self.access = access
        self.handle = handle
    }

    deinit {
        Self.registry.withLock { open in
            mdb_env_close(handle)
            open[identity] = nil
        }
    }

    func begin(writing: Bool = false) throws(LMDBError) -> Transaction {
        var transaction: OpaquePointer?
        let flags = writing ? 0 : UInt32(MDB_RDONLY)
        try check(mdb_txn_begin(handle, nil, flags, &transaction), "begin a transaction in \(path)")
        return Transaction(transaction!, in: self)
    }

    func handle(of database: Database) -> MDB_dbi { databases[database.index] }

    /// Puts everything committed so far on the disk, and lets go of the page cache behind it.
    func sync() throws(LMDBError) {
        try check(mdb_env_sync(handle, 1), "flush \(path) to the disk")
        var descriptor: Int32 = -1
        if mdb_env_get_fd(handle, &descriptor) == MDB_SUCCESS { posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }
    }

    /// Makes the file as long as its last page says: a page that was allocated and freed at the end is never written.
    func extendFileToLastPage() throws(LMDBError) {
        var info = MDB_envinfo()
        try check(mdb_env_info(handle, &info), "look at \(path)")
        var descriptor: Int32 = -1
        try check(mdb_env_get_fd(handle, &descriptor), "look at \(path)")
        let length = off_t((info.me_last_pgno + 1) * pageSize)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size >= length || ftruncate(descriptor, length) == 0 else {
            throw LMDBError(code: errno, action: "extend \(path)/data.mdb to \(length) bytes")
        }
    }
}

extension Environment {
    /// The environment of this folder, shared with whoever has it open in this process already.
    static func open(_ path: String, for access: Access) throws(LMDBError) -> Environment {
        while true {
            let found = registry.withLock { open -> Result<Environment?, LMDBError> in
                if let identity = FileIdentity(path: path + "/data.mdb"), let entry = open[identity] {
                    return .success(entry.environment)
                }
                do throws(LMDBError) {
                    let environment = try Environment(path: path, access: access)
                    open[environment.identity] = Entry(environment: environment)
                    return .success(environment)
                } catch {
                    return .failure(error)
                }
            }
            guard let environment = try found.get() else {
                sched_yield()  // Its last owner is closing it just now.
                continue
            }
            guard environment.access == access else {
                throw LMDBError(code: EBUSY, action: "open \(path), which this process has open in another way")
            }
            return environment
        }
    }

    private struct Entry {
        weak var environment: Environment?
    }

    /// A map is the process's, so its keeper is, too: the one global of this module.
    private static let registry = Guarded<[FileIdentity: Entry]>([:])
}

extension Environment {
    private static func opened(_ path: String, _ access: Access) throws(LMDBError) -> OpaquePointer {
        var environment: OpaquePointer?
        try check(mdb_env_create(&environment), "create an environment")
        let handle = environment!
        do throws(LMDBError) {
            try check(mdb_env_set_maxdbs(handle, MDB_dbi(Database.allCases.count)), "name databases")
            var flags = MDB_NOTLS | MDB_NORDAHEAD | MDB_NOLOCK
            switch access {
            case .reading:
                // Then LMDB maps no more than the pages in use, not all the room that was reserved for packing.
                try check(mdb_env_set_mapsize(handle, 4096), "map \(path)")
                flags |= MDB_RDONLY
            case .packing(let capacity):
                try check(mdb_env_set_mapsize(handle, capacity), "reserve \(capacity) bytes for \(path)")
                flags |= MDB_NOSYNC | MDB_NOMEMINIT
            }
            try check(mdb_env_open(handle, path, UInt32(flags), 0o644), "open \(path)")
        } catch {
            mdb_env_close(handle)
            throw error
        }
        return handle
    }

    /// Opens all databases at once: LMDB allows no other transaction meanwhile, and the registry's lock keeps them out.
    private static func openDatabases(_ handle: OpaquePointer, _ access: Access) throws(LMDBError) -> [MDB_dbi] {
        let isReading = access == .reading
        var transaction: OpaquePointer?
        try check(mdb_txn_begin(handle, nil, isReading ? UInt32(MDB_RDONLY) : 0, &transaction), "begin a transaction")
        var databases: [MDB_dbi] = []
        for database in Database.allCases {
            var opened: MDB_dbi = 0
            let code = mdb_dbi_open(transaction, database.rawValue, isReading ? 0 : UInt32(MDB_CREATE), &opened)
            guard code == MDB_SUCCESS else {
                mdb_txn_abort(transaction)
                throw LMDBError(code: code, action: "find the database \(database.rawValue)")
            }
            databases.append(opened)
        }
        try check(mdb_txn_commit(transaction), "open the databases")
        return databases
    }

    private static func identity(of handle: OpaquePointer, _ path: String) throws(LMDBError) -> FileIdentity {
        var descriptor: Int32 = -1
        try check(mdb_env_get_fd(handle, &descriptor), "look at \(path)")
        guard let identity = FileIdentity(descriptor: descriptor) else {
            throw LMDBError(code: errno, action: "look at \(path)/data.mdb")
        }
        return identity
    }
}

/// Which file it is, whatever path leads to it.
struct FileIdentity: Hashable, Sendable {
    let device: UInt
    let inode: UInt

    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
    }
}
