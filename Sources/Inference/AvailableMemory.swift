import Foundation

/// What the machine, or the control group this process runs in, has free.
enum AvailableMemory {
    /// The least of: the kernel's estimate of available memory, and the limits of control groups (v1 and v2) less their use.
    static func bytes() -> Int {
        ([machine()] + limits()).compactMap(\.self).min() ?? 1 << 30
    }

    private static func machine() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
            let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return kibibytes << 10
    }

    /// What each control group that holds this process still allows; page cache that can be dropped counts as free.
    private static func limits() -> [Int?] {
        guard let text = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8) else { return [] }
        return text.split(separator: "\n").flatMap { line -> [Int?] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { return [] }
            if fields[1].split(separator: ",").contains("memory") {
                return ancestors(of: fields[2]).map { v1("/sys/fs/cgroup/memory" + $0) }
            }
            return fields[1].isEmpty ? ancestors(of: fields[2]).map { v2("/sys/fs/cgroup" + $0) } : []
        }
    }

    private static func v1(_ folder: String) -> Int? {
        guard let limit = number(folder + "/memory.limit_in_bytes"), limit < 1 << 60,
            let usage = number(folder + "/memory.usage_in_bytes")
        else { return nil }
        return limit - usage + (entry("total_inactive_file", in: folder + "/memory.stat") ?? 0)
    }

    private static func v2(_ folder: String) -> Int? {
        guard let limit = number(folder + "/memory.max"), let usage = number(folder + "/memory.current") else {
            return nil
        }
        return limit - usage + (entry("inactive_file", in: folder + "/memory.stat") ?? 0)
    }

    /// The group and all above it, as paths; a process sees its own group as the root when groups have a namespace.
    private static func ancestors(of path: String) -> [String] {
        var parts = path.split(separator: "/").map(String.init)
        var paths = [""]
        while !parts.isEmpty {
            paths.append("/" + parts.joined(separator: "/"))
            parts.removeLast()
        }
        return paths
    }

    private static func number(_ path: String) -> Int? {
        (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
            Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }

    private static func entry(_ key: String, in path: String) -> Int? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(key + " ") }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
    }
}
