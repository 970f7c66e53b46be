/// A control group that this process is in, or one above it.
package struct ControlGroup: Equatable, Sendable {
    package enum Version: Sendable { case one, two }

    package let version: Version
    /// Where its files are.
    package let folder: String
    /// What the kernel calls it, as far as this process can see; empty for the outermost.
    package let path: String
}

extension KernelFiles {
    /// The groups that limit this process by a controller (`memory`, `cpu`), the innermost first; those of version 2 have
    /// all controllers.
    package func controlGroups(_ controller: String) -> [ControlGroup] {
        let mounts = controlGroupMounts(controller)
        // A process without /proc can look at the outermost groups at least.
        let lines = text("/proc/self/cgroup") ?? "1:\(controller):/\n0::/\n"
        return lines.split(separator: "\n").flatMap { line -> [ControlGroup] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { return [] }
            let isFirst = fields[1].split(separator: ",").contains { $0 == controller }
            guard isFirst || fields[1].isEmpty else { return [] }
            return mounts.filter { $0.version == (isFirst ? .one : .two) }.flatMap { $0.groups(above: fields[2]) }
        }
    }

    /// Where groups of a controller are mounted.
    private func controlGroupMounts(_ controller: String) -> [ControlGroupMount] {
        guard let lines = text("/proc/self/mountinfo") else {
            return [
                ControlGroupMount(version: .one, folder: "/sys/fs/cgroup/" + controller, root: "/"),
                ControlGroupMount(version: .two, folder: "/sys/fs/cgroup", root: "/"),
            ]
        }
        return lines.split(separator: "\n").compactMap { line in
            // 36 35 98:0 /root /folder options … - type source options
            let words = line.split(separator: " ").map(String.init)
            guard let dash = words.firstIndex(of: "-"), dash >= 5, words.count >= dash + 4 else { return nil }
            let options = words[dash + 3].split(separator: ",")
            switch words[dash + 1] {
            case "cgroup" where options.contains { $0 == controller }:
                return ControlGroupMount(version: .one, folder: words[4], root: words[3])
            case "cgroup2":
                return ControlGroupMount(version: .two, folder: words[4], root: words[3])
            default: return nil
            }
        }
    }
}

/// A folder that shows the groups below one of them.
private struct ControlGroupMount {
    let version: ControlGroup.Version
    let folder: String
    /// The group that the folder stands for.
    let root: String

    /// A group and all above it that can be seen here.
    func groups(above path: String) -> [ControlGroup] {
        let isBelow = path == root || path.hasPrefix(root.hasSuffix("/") ? root : root + "/")
        // A process in a container may be told a path that begins outside of what it sees.
        var parts = (isBelow ? path.dropFirst(root.count) : path[...]).split(separator: "/")
        var groups: [ControlGroup] = []
        while true {
            let name = parts.isEmpty ? "" : "/" + parts.joined(separator: "/")
            groups.append(ControlGroup(version: version, folder: folder + name, path: name))
            if parts.popLast() == nil { return groups }
        }
    }
}
