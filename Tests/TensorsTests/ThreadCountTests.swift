import Foundation
import Tensors
import Testing

@Suite struct ThreadCountTests {
    private static let mounts = """
        30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
        31 24 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        32 24 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        """

    @Test(arguments: [("50000", 1), ("100000", 1), ("125000", 1), ("150000", 2), ("290000", 3), ("-1", 8)])
    func `a quota of control groups 1 pays for so many threads`(quota: String, threads: Int) throws {
        let files = try FakeFiles([
            "/proc/self/mountinfo": Self.mounts, "/proc/self/cgroup": "3:cpu,cpuacct:/box\n0::/\n",
            "/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": quota,
            "/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
        ])
        #expect(CPU.threads(files: files.files, processors: 8) == threads)
    }

    @Test(arguments: [("50000 100000", 1), ("600000 100000", 6), ("max 100000", 8), ("rubbish", 8), ("", 8)])
    func `a quota of control groups 2 pays for so many threads`(quota: String, threads: Int) throws {
        let files = try FakeFiles([
            "/proc/self/mountinfo": Self.mounts, "/proc/self/cgroup": "0::/box/inner\n",
            "/sys/fs/cgroup/unified/box/cpu.max": quota, "/sys/fs/cgroup/unified/box/inner/cpu.max": "max 100000\n",
        ])
        #expect(CPU.threads(files: files.files, processors: 8) == threads)
    }

    @Test func `the processors that a process may use are told as the kernel writes them`() throws {
        let files = try FakeFiles(["/proc/self/status": "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,8\n"])
        #expect(CPU.processorList(files: files.files) == "0-3,8")
        #expect(CPU.processorList(files: try FakeFiles([:]).files).isEmpty)
    }

    @Test func `a container that sees its own group as the outermost is limited by it`() throws {
        let mount = "30 24 0:26 /docker/1234 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"
        let files = try FakeFiles([
            "/proc/self/mountinfo": mount, "/proc/self/cgroup": "3:cpu:/docker/1234\n",
            "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        ])
        #expect(files.files.controlGroups("cpu").map(\.folder) == ["/sys/fs/cgroup/cpu"])
        #expect(CPU.threads(files: files.files, processors: 8) == 2)
    }

    @Test func `processors that a mask forbids are not counted`() throws {
        let files = try FakeFiles([:])
        #expect(CPU.threads(files: files.files, processors: 1) == 1)
        #expect(CPU.threads(files: files.files, processors: 3) == 3)
        #expect(CPU.threads(files: files.files, processors: 4096) == 1024)
        #expect(CPU.defaultThreads >= 1 && CPU.defaultThreads <= ProcessInfo.processInfo.activeProcessorCount)
    }
}
