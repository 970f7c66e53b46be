import Glibc

/// What the machine, the control groups and the limits of this process can give it.
package struct AvailableMemory {
    /// One of those that have a say.
    package struct Source: Equatable {
        /// Its limit in words: `the control group /box has a limit of 300M`.
        package let words: String
        /// All that the process may ever hold.
        package let limit: Int
        /// What the process could hold in all just now, while others hold what they hold.
        package let free: Int
        /// What is left to others of it when nobody named a budget.
        let margin: Int
    }

    package let sources: [Source]

    /// The source that gives least in all.
    package var narrowest: Source? { sources.min { $0.limit < $1.limit } }
    /// The source that gives least just now.
    package var scarcest: Source? { sources.min { $0.free < $1.free } }
    /// What a process takes when nobody says how much.
    package var allowed: Int { sources.map { $0.free - $0.margin }.min() ?? 1 << 30 }

    package init(sources: [Source]) { self.sources = sources }
}

extension AvailableMemory {
    /// What can be had now.
    package init(files: KernelFiles = KernelFiles()) {
        let held = ProcessMemory(files: files)
        let groups = files.controlGroups("memory").compactMap { files.memory(of: $0, held) }
        sources = [files.machineMemory(held)].compactMap(\.self) + groups + Self.resourceLimits(held)
    }

    /// Threads have stacks that they hardly touch, the eight that read 8 MiB each; and glibc reserves 64 MiB of addresses for
    /// the heap of one of them.
    private static let (stacks, heaps) = (72 << 20, 64 << 20)

    /// `ulimit -v` and `ulimit -d` count addresses, touched or not.
    private static func resourceLimits(_ held: ProcessMemory) -> [Source] {
        [
            source("ulimit -v", __rlimit_resource_t(RLIMIT_AS.rawValue), held.addresses + stacks + heaps, held),
            source("ulimit -d", __rlimit_resource_t(RLIMIT_DATA.rawValue), held.data + stacks, held),
        ].compactMap(\.self)
    }

    private static func source(
        _ name: String, _ resource: __rlimit_resource_t, _ uses: Int, _ held: ProcessMemory
    ) -> Source? {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < 1 << 60 else { return nil }
        let most = Int(limit.rlim_cur)
        let left = max(0, most - uses + held.current)
        let words = "\(name) is \(mebibytes(most)), which leaves \(mebibytes(left)) to what is touched"
        return Source(words: words, limit: left, free: left, margin: 0)
    }
}

extension KernelFiles {
    fileprivate func machineMemory(_ held: ProcessMemory) -> AvailableMemory.Source? {
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let all = entry("MemTotal", in: "/proc/meminfo") ?? Int(sysconf(Int32(_SC_PHYS_PAGES))) * pageSize
        let unused = entry("MemAvailable", in: "/proc/meminfo") ?? Int(sysconf(Int32(_SC_AVPHYS_PAGES))) * pageSize
        guard all > 0, unused >= 0 else { return nil }
        // Other programs live here too: a tenth is theirs, and 256 MiB unless that were more than a quarter.
        return AvailableMemory.Source(
            words: "this machine has \(mebibytes(all))", limit: all, free: unused + held.anonymous,
            margin: max(unused / 10, min(256 << 20, unused / 4)))
    }

    /// What a group allows; nil when it has no limit.
    fileprivate func memory(of group: ControlGroup, _ held: ProcessMemory) -> AvailableMemory.Source? {
        let limits: [Int?]
        let usage: Int?
        let cache: [Int?]
        let statistics = group.folder + "/memory.stat"
        switch group.version {
        case .one:
            limits = [
                number(group.folder + "/memory.limit_in_bytes"),
                // That of groups above it, which may be out of sight.
                entry("hierarchical_memory_limit", in: statistics),
            ]
            usage = number(group.folder + "/memory.usage_in_bytes")
            cache = ["inactive_file", "active_file", "dirty", "writeback"].map { entry("total_" + $0, in: statistics) }
        case .two:
            // Above `memory.high` a process is slowed down until it hardly moves.
            limits = [number(group.folder + "/memory.max"), number(group.folder + "/memory.high")]
            usage = number(group.folder + "/memory.current")
            cache = ["inactive_file", "active_file", "file_dirty", "file_writeback"].map { entry($0, in: statistics) }
        }
        guard let usage, let limit = limits.compactMap(\.self).min(), limit < 1 << 60 else { return nil }
        // File cache makes room for what is asked for, except what must be written first.
        let files = cache.map { $0 ?? 0 }
        let droppable = max(0, files[0] + files[1] - files[2] - files[3])
        let free = max(0, limit - max(0, usage - droppable))
        let name = group.path.isEmpty ? "the control group" : "the control group \(group.path)"
        return AvailableMemory.Source(
            words: "\(name) has a limit of \(mebibytes(limit))", limit: limit, free: min(limit, free + held.anonymous),
            margin: free / 10)
    }
}

/// Writes a size in whole MiB, as one types it: `1575M`.
package func mebibytes(_ bytes: Int) -> String { "\(bytes >> 20)M" }
