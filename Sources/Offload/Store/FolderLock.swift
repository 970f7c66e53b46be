import Glibc

/// A packer's claim to a folder, until it is released or the process ends.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    /// - Parameter isShared: only makes sure that no packer is at work.
    /// - Throws: ``StoreError`` `.inUse` when one is.
    init(_ folder: StoreFolder, isShared: Bool = false) throws {
        descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(.unreadable, folder.path, "cannot be opened: \(errorText(errno))")
        }
        guard flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreError(.inUse, folder.path, "is being packed just now", wayOut: "try again when that is done")
        }
    }

    deinit { close(descriptor) }

    consuming func release() {}
}
