import Glibc

/// A run's claim to its folder, until its owner goes away or the process ends.
struct RunLock: ~Copyable {
    private let descriptor: Int32

    /// - Throws: ``TrainingError`` when another process, or another run of this one, trains there.
    init(_ folder: RunFolder) throws {
        descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw TrainingError("\(folder.path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            close(descriptor)
            throw TrainingError(
                "another run trains in \(folder.path) just now; wait for it, or choose another folder with --out")
        }
    }

    deinit { close(descriptor) }
}
