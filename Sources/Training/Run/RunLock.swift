import Files
import Glibc

/// A run's claim to its folder, until its owner goes away or the process ends.
package struct RunLock: ~Copyable {
    private let descriptor: Int32

    /// - Parameter lock: the system's.
    /// - Throws: ``TrainingError`` when another process, or another run of this one, trains there, or no lock can be had.
    package init(_ folder: RunFolder, lock: (_ descriptor: Int32, _ operation: Int32) -> Int32 = flock) throws {
        descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let error = SystemError()
            throw TrainingError("\(folder.path) cannot be opened: \(error)")
        }
        // What is thrown from here on runs `deinit`.
        guard lock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = SystemError()
            throw TrainingError(
                error.code == EWOULDBLOCK
                    ? "another run trains in \(folder.path) just now; wait for it, or choose another folder with --out"
                    : "\(folder.path) cannot be locked against other runs: \(error). Choose a folder on another disk with "
                        + "--out")
        }
    }

    /// A child that is about to run a program has the descriptor, too, for a moment, and the lock would last as long.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
