import Foundation

/// A file that a command writes beside its output.
struct TextFile {
    let path: String
    private let content: String

    /// - Parameter content: what is in it, as in `the numbers`.
    init(_ path: String, holds content: String) {
        self.path = path
        self.content = content
    }

    /// Finds out before long work what would lose its result after it.
    ///
    /// - Parameter inputs: files that are read first and not to be lost.
    func checkWritable(sparing inputs: [String] = []) throws {
        if inputs.contains(where: isSame) {
            throw Complaint("\(path) is read from; \(content) would take its place, so give it another path")
        }
        var found = stat()
        let isThere = lstat(path, &found) == 0
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure() }
        close(descriptor)
        if !isThere { unlink(path) }
    }

    private func isSame(_ other: String) -> Bool {
        var (mine, its) = (stat(), stat())
        return stat(path, &mine) == 0 && stat(other, &its) == 0 && mine.st_dev == its.st_dev
            && mine.st_ino == its.st_ino
    }

    func write(_ text: String) throws {
        guard let file = fopen(path, "w") else { throw failure() }
        let bytes = Array(text.utf8)
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else {
            let failure = failure()
            removeUnfinished()
            throw failure
        }
    }

    /// Half a file is worse than none; a device stays.
    private func removeUnfinished() {
        var found = stat()
        if lstat(path, &found) == 0, found.st_mode & S_IFMT == S_IFREG { unlink(path) }
    }

    private func failure() -> Complaint {
        let reason = Complaint.reason()
        return Complaint("could not write \(content) to \(path): \(reason)")
    }
}
