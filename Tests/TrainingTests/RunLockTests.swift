import Foundation
import Testing
import Training

@Suite struct RunLockTests {
    @Test func `a lock that cannot be had is no other run`() throws {
        let folder = RunFolder(path: NSTemporaryDirectory() + "/lock-" + UUID().uuidString)
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        func problem(_ code: Int32) -> String {
            do {
                _ = try RunLock(folder) { _, _ in
                    errno = code
                    return -1
                }
                return "none"
            } catch {
                return "\(error)"
            }
        }
        #expect(problem(EWOULDBLOCK).hasPrefix("another run trains in \(folder.path) just now"))
        #expect(
            problem(ENOLCK)
                == "\(folder.path) cannot be locked against other runs: No locks available. Choose a folder on another disk "
                + "with --out")
        let first = try RunLock(folder)
        #expect { _ = try RunLock(folder) } throws: { "\($0)".contains("another run trains") }
        _ = consume first
        _ = try RunLock(folder)
    }
}
