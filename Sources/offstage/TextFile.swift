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

    /// Finds out before long work what would lose its result after it. Creates the file if it is not there.
    func checkWritable() throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure() }
        close(descriptor)
    }

    func write(_ text: String) throws {
        guard let file = fopen(path, "w") else { throw failure() }
        let bytes = Array(text.utf8)
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { throw failure() }
    }

    private func failure() -> Complaint {
        let reason = Complaint.reason()
        return Complaint("could not write \(content) to \(path): \(reason)")
    }
}
