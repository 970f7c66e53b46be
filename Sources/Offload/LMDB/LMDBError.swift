import CLMDB
import Glibc

/// What LMDB answered, and to what.
package struct LMDBError: Error, Equatable, CustomStringConvertible {
    /// LMDB's own code, or an `errno`.
    package let code: Int32
    /// What was tried, as in "open experts/mixtral".
    package let action: String

    package var description: String { "could not \(action): \(String(cString: mdb_strerror(code)))" }

    static let notFound = MDB_NOTFOUND

    /// Whether the disk, or the room reserved for the environment, is full.
    package var isOutOfSpace: Bool { [ENOSPC, EDQUOT, EFBIG, MDB_MAP_FULL].contains(code) }
    /// What LMDB also says when a write was cut short, as the last one on a disk is.
    var isInputOutputError: Bool { code == EIO }
}

func check(_ code: Int32, _ action: @autoclosure () -> String) throws(LMDBError) {
    guard code == MDB_SUCCESS else { throw LMDBError(code: code, action: action()) }
}
