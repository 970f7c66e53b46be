import Foundation
import Glibc

/// A folder that goes away with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "ModelFilesTests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and says where it is.
    ///
    /// A file of this name is overwritten in place: to empty one first makes some file systems flush it to the disk.
    @discardableResult
    func write(_ bytes: some Collection<UInt8>, as name: String) throws -> String {
        let path = path + "/" + name
        let file = open(path, O_WRONLY | O_CREAT, 0o644)
        defer { close(file) }
        let written = Array(bytes).withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
        guard written == bytes.count, ftruncate(file, bytes.count) == 0 else { throw CocoaError(.fileWriteUnknown) }
        return path
    }

    @discardableResult
    func write(_ text: String, as name: String) throws -> String { try write(text.utf8, as: name) }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}
