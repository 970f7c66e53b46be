import Glibc

/// What the system said of a call that failed.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// An `errno`.
    package let code: Int32

    /// - Parameter code: unless given that of the call just made, before another one changes it.
    package init(code: Int32 = errno) { self.code = code }

    package var description: String { String(cString: strerror(code)) }

    /// Whether there was no room for more.
    package var isLackOfRoom: Bool { [ENOSPC, EDQUOT, EFBIG].contains(code) }
}
