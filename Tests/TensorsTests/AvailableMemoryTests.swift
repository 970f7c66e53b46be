import Foundation
import Tensors
import Testing

@Suite final class AvailableMemoryTests {
    private let root = FileManager.default.temporaryDirectory.appending(path: "kernel-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: root) }

    private static let mounts = """
        31 24 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        32 24 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        """
    private static let machine = "MemTotal: 8192000 kB\nMemFree: 100 kB\nMemAvailable: 4096000 kB\n"

    @Test func `file cache that is in use can be dropped, but for what must be written first`() throws {
        let files = try KernelFiles(
            root: folder([
                "/proc/self/mountinfo": Self.mounts, "/proc/self/cgroup": "4:memory:/box\n",
                "/sys/fs/cgroup/memory/box/memory.limit_in_bytes": "1000000000\n",
                "/sys/fs/cgroup/memory/box/memory.usage_in_bytes": "990000000\n",
                "/sys/fs/cgroup/memory/box/memory.stat": """
                hierarchical_memory_limit 1000000000
                total_inactive_file 100000000
                total_active_file 800000000
                total_dirty 30000000
                total_writeback 10000000
                """,
                // Nothing of its own, so that sums can be checked by hand.
                "/proc/self/status": "RssAnon: 0 kB\n",
            ]))
        let group = try #require(AvailableMemory(files: files).sources.first { $0.words.contains("/box") })
        // 990 MB are used, of which 860 MB are file cache that need not be written.
        #expect(group.free == 870_000_000)
        #expect(group.limit == 1_000_000_000)
        #expect(group.words == "the control group /box has a limit of 953M")
    }

    @Test func `a group that is full has nothing free, and not less`() throws {
        let files = try KernelFiles(
            root: folder([
                "/proc/self/mountinfo": Self.mounts, "/proc/self/cgroup": "4:memory:/box\n",
                "/sys/fs/cgroup/memory/box/memory.limit_in_bytes": "1000\n",
                "/sys/fs/cgroup/memory/box/memory.usage_in_bytes": "3000\n",
                "/proc/self/status": "RssAnon: 0 kB\n",
            ]))
        let available = AvailableMemory(files: files)
        #expect(available.scarcest?.free == 0 && available.allowed == 0)
    }

    @Test func `a limit above a group that cannot be seen counts`() throws {
        let files = try KernelFiles(
            root: folder([
                "/proc/self/mountinfo": Self.mounts, "/proc/self/cgroup": "4:memory:/\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "/sys/fs/cgroup/memory/memory.usage_in_bytes": "10\n",
                "/sys/fs/cgroup/memory/memory.stat": "hierarchical_memory_limit 314572800\n",
            ]))
        #expect(AvailableMemory(files: files).narrowest?.words == "the control group has a limit of 300M")
    }

    @Test(arguments: [("max", "209715200", 200), ("104857600", "209715200", 100), ("104857600", "max", 100)])
    func `control groups 2 have two limits, and their ancestors have theirs`(max: String, high: String, limit: Int)
        throws
    {
        let files = try KernelFiles(
            root: folder([
                "/proc/self/mountinfo": Self.mounts, "/proc/self/cgroup": "0::/outer/inner\n",
                "/proc/meminfo": Self.machine,
                "/sys/fs/cgroup/unified/outer/memory.max": max, "/sys/fs/cgroup/unified/outer/memory.high": high,
                "/sys/fs/cgroup/unified/outer/memory.current": "52428800\n",
                "/sys/fs/cgroup/unified/outer/memory.stat":
                    "active_file 20971520\ninactive_file 0\nfile_dirty 0\nfile_writeback 0\n",
                "/sys/fs/cgroup/unified/outer/inner/memory.max": "max\n",
                "/sys/fs/cgroup/unified/outer/inner/memory.current": "0\n",
                "/proc/self/status": "RssAnon: 1024 kB\n",
            ]))
        let narrowest = try #require(AvailableMemory(files: files).narrowest)
        #expect(narrowest.words == "the control group /outer has a limit of \(limit)M")
        // Of 50 MiB in use 20 are file cache; 1 MiB is this process's own.
        #expect(narrowest.free == (limit - 30 + 1) << 20)
    }

    @Test(arguments: [(64, 16), (1024, 256), (8192, 819)])
    func `the machine keeps a margin that shrinks with what there is`(free: Int, margin: Int) throws {
        let files = try KernelFiles(
            root: folder([
                "/proc/meminfo": "MemTotal: 16777216 kB\nMemAvailable: \(free << 10) kB\n",
                "/proc/self/status": "RssAnon: 0 kB\n",
            ]))
        let available = AvailableMemory(files: files)
        #expect(available.allowed >> 20 == free - margin || available.allowed >> 20 == free - margin - 1)
    }

    @Test func `without /proc the machine's memory is known all the same`() throws {
        let available = try AvailableMemory(files: KernelFiles(root: folder([:])))
        let machine = try #require(available.sources.first)
        #expect(machine.limit == Int(ProcessInfo.processInfo.physicalMemory))
        #expect(machine.free > 0 && machine.free <= machine.limit + 1 << 30)
    }

    /// The folder, with these files in the place of the kernel's.
    private func folder(_ texts: [String: String]) throws -> String {
        for (path, text) in texts {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return root.path
    }
}
