import Files
import Foundation

/// A file that a command writes beside its output. What was there before stays until the new one is whole.
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
        do throws(SystemError) { try UnfinishedFile.checkWritable(path) } catch { throw failure(error) }
    }

    private func isSame(_ other: String) -> Bool {
        var (mine, its) = (stat(), stat())
        return stat(path, &mine) == 0 && stat(other, &its) == 0 && mine.st_dev == its.st_dev
            && mine.st_ino == its.st_ino
    }

    func write(_ text: String) throws {
        do throws(SystemError) {
            try UnfinishedFile.write(Array(text.utf8), to: path, writesThrough: true)
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: SystemError) -> Complaint {
        Complaint("could not write \(content) to \(path): \(error)")
    }
}
