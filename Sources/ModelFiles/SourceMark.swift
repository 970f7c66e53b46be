import FoundationEssentials
import Glibc

/// What tells the files of a model from others, and one state of them from another, without a look into them: which files they
/// are, how long, and when they were changed.
package struct SourceMark: Sendable, Equatable {
    /// 16 hexadecimal digits.
    package let digits: String

    /// - Parameter path: ``ModelFile/location(of:)``.
    /// - Throws: ``ModelFileError`` when nothing is there.
    package init(path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw ModelFileError.cannotOpen(path, errno) }
        var digest = SourceDigest()
        if status.st_mode & S_IFMT == S_IFDIR {
            let folder = try ModelFolder(path: path)
            for name in folder.names {
                digest.combine(name.utf8)
                digest.combine(fileAt: folder.path(of: name))
            }
        } else {
            for part in GGUFFile.partPaths(of: path) ?? [path] { digest.combine(fileAt: part) }
        }
        digits = digest.hexadecimal
    }
}

extension SourceDigest {
    /// Links are followed: in a hub's cache all files are links. Of a folder only its name counts.
    fileprivate mutating func combine(fileAt path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        combine(Int(truncatingIfNeeded: status.st_dev))
        combine(Int(truncatingIfNeeded: status.st_ino))
        combine(status.st_size)
        combine(status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec)
    }
}
