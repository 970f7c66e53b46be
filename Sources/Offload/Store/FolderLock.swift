import Glibc

/// A packer's claim to a folder, until it is released or the process ends.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    /// - Parameter isShared: only makes sure that no packer is at work.
    /// - Throws: ``StoreError`` `.inUse` when one is, `.unreadable` when nobody can tell.
    init(_ folder: StoreFolder, isShared: Bool = false) throws {
        descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(.unreadable, folder.path, "cannot be opened: \(errorText(errno))")
        }
        // What is thrown from here on runs `deinit`.
        while flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
            let code = errno
            guard code == EINTR else { throw StoreError.unlocked(folder.path, code) }
        }
    }

    /// A child that is about to run a program has the descriptor, too, for a moment, and the lock would last as long.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    consuming func release() {}
}

extension StoreError {
    /// Without a lock two packers could ruin a store between them, so nothing is packed then.
    package static func unlocked(_ path: String, _ code: Int32) -> StoreError {
        switch code {
        case EWOULDBLOCK:
            StoreError(.inUse, path, "is being packed just now", wayOut: "try again when that is done")
        case ENOSYS, EOPNOTSUPP, EINVAL:
            StoreError(
                .unreadable, path,
                "its file system has no locks (\(errorText(code))), and two packers would ruin a store",
                wayOut: "pack on another disk and copy the folder")
        default:
            StoreError(
                .unreadable, path, "cannot be locked: \(errorText(code))",
                wayOut: "try again, or pack on another disk and copy the folder")
        }
    }
}
