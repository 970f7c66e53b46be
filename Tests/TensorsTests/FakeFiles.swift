import Foundation
import Tensors

/// Files that stand in for the kernel's.
final class FakeFiles {
    let files: KernelFiles
    private let root = FileManager.default.temporaryDirectory.appending(path: "kernel-\(UUID().uuidString)")

    init(_ texts: [String: String]) throws {
        files = KernelFiles(root: root.path)
        for (path, text) in texts {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    deinit { try? FileManager.default.removeItem(at: root) }
}
