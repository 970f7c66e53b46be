import Glibc

/// Files without an owner: each that is being written is locked by the one who writes it, until that program ends.
package enum AbandonedFiles {
    private static let mark = ".offstage-"
    private static let digits = 16

    /// Removes what programs that were killed left in a folder of files they had not finished.
    package static func remove(in folder: String) {
        guard let entries = opendir(folder) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if isOfUnfinished(name) { removeUnlessLocked("\(folder)/\(name)") }
        }
    }

    /// A new file, locked, under a name that no person gives.
    static func create(in folder: String) throws(SystemError) -> (descriptor: Int32, path: String) {
        while true {
            let number = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            let path = folder + mark + String(repeating: "0", count: digits - number.count) + number
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor < 0, errno == EEXIST || errno == EINTR { continue }
            guard descriptor >= 0 else { throw SystemError() }
            flock(descriptor, LOCK_EX)
            // Before it was locked another program may have thought it abandoned.
            var status = stat()
            if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (descriptor, path) }
            close(descriptor)
        }
    }

    private static func isOfUnfinished(_ name: String) -> Bool {
        name.hasPrefix(mark) && name.utf8.count == mark.utf8.count + digits
            && name.dropFirst(mark.count).allSatisfy(\.isHexDigit)
    }

    private static func removeUnlessLocked(_ path: String) {
        let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
        close(descriptor)
    }
}
