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

    @Test func `a lock that cannot be had leaves the files of other threads alone`() async throws {
        let folder = RunFolder(path: NSTemporaryDirectory() + "/lock-" + UUID().uuidString)
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let held = try RunLock(folder)
        await withTaskGroup { group in
            group.addTask {
                for _ in 0..<20_000 { #expect(throws: TrainingError.self) { _ = try RunLock(folder) } }
            }
            for _ in 0..<20_000 {
                let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
                for _ in 0..<10 { sched_yield() }
                #expect(close(descriptor) == 0)
            }
        }
        _ = consume held
    }
}
