import Glibc

/// A moment in which one program alone changes the files of a folder; others that want theirs wait for it.
package struct FolderTurn: ~Copyable {
    private let descriptor: Int32

    /// Waits for it. Where a folder cannot be locked all go on at once.
    package init(_ folder: String) {
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        while descriptor >= 0, flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    }

    package consuming func end() {}

    /// A child that is about to run a program has the descriptor, too, for a moment, and the lock would last as long.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
