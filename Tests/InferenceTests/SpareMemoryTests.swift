import Foundation
import Inference
import Tensors
import Testing

@Suite final class SpareMemoryTests {
    private let root = FileManager.default.temporaryDirectory.appending(path: "kernel-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: root) }

    /// A process that once held 80 MiB, now 70, of which 20 are pages of files, and whose page tables take `tables`.
    private func memory(tables: String) throws -> ProcessMemory {
        let folder = root.appending(path: "proc/self")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("VmHWM: 81920 kB\nVmRSS: 71680 kB\nRssAnon: 51200 kB\nVmPTE: \(tables)\n".utf8)
            .write(to: folder.appending(path: "status"))
        return ProcessMemory(files: KernelFiles(root: root.path))
    }

    /// Whole KiB, what the pages of the spare memory itself would take added again.
    private func spare(_ budget: Int, untouched: Int = 0, tokens: Int = 0, fileReads: Int = 0, tables: String)
        throws -> Int
    {
        let spare = try SpareMemory(
            of: budget << 20, untouched: untouched << 20, tokens: tokens, fileReads: fileReads,
            memory: memory(tables: tables))
        return (spare.bytes + spare.bytes / 511 + 1) >> 10
    }

    @Test func `what is left is the budget without the peak, a quarter of a MiB, and what will be touched`() throws {
        #expect(try spare(100, tables: "200 kB") == 20 << 10 - 256)
        #expect(try spare(100, untouched: 6, tables: "200 kB") == 14 << 10 - 256)
        #expect(try spare(100, tokens: 1 << 20, tables: "200 kB") == 0)
        #expect(try spare(100, tokens: 1 << 10, tables: "200 kB") == 20 << 10 - 256 - 24)
        #expect(try spare(80, tables: "200 kB") == 0)
    }

    @Test func `page tables count where the files are somebody else's only beyond those`() throws {
        #expect(try spare(100, fileReads: 500, tables: "1024 kB") == 18 << 10 - 256)
        #expect(try spare(100, fileReads: 19, tables: "1024 kB") == 19 << 10 - 256)
        #expect(try spare(100, fileReads: 3, tables: "1024 kB") == 20 << 10 - 256)
        #expect(try spare(100, tables: "1024 kB") == 20 << 10 - 256)
        // A MiB of them and of the rest of the kernel's is more than the 20 MiB of files.
        #expect(try spare(100, tables: "20480 kB") == 19 << 10 - 256)
    }
}
