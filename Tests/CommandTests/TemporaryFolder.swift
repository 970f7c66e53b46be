import Foundation

/// A folder that goes away with its owner.
final class TemporaryFolder: Sendable {
    let path = NSTemporaryDirectory() + "/offstage-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { remove() }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    func size(of name: String) -> Int {
        var status = stat()
        return stat(file(name), &status) == 0 ? Int(status.st_size) : 0
    }

    func has(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    }

    /// Copies a store from elsewhere to `experts/<name>`.
    func addStore(_ name: String, from other: String) throws {
        try FileManager.default.createDirectory(atPath: file("experts"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: other, toPath: file("experts/" + name))
    }
}
