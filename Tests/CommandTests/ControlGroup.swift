import Foundation

/// A control group of its own for a program that is started in it; needs root. Of version 1 where a controller is mounted so,
/// else of version 2.
final class ControlGroup {
    enum Controller: String { case memory, cpu }

    private static let root = "/sys/fs/cgroup"

    /// Whether groups can be made here.
    static func canLimit(_ controller: Controller) -> Bool {
        guard let group = try? ControlGroup(controller) else { return false }
        return group.has(group.isFirst ? "tasks" : controller == .memory ? "memory.max" : "cpu.max")
    }

    let path: String
    let isFirst: Bool
    /// What the kernel calls it.
    let name = "/offstage-\(UUID().uuidString)"

    init(_ controller: Controller) throws {
        let first = Self.root + "/" + controller.rawValue
        isFirst = FileManager.default.fileExists(atPath: first)
        path = (isFirst ? first : Self.root) + name
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { rmdir(path) }

    /// The most memory that the group may have.
    func limitMemory(to mebibytes: Int) throws {
        try write("\(mebibytes << 20)", to: isFirst ? "memory.limit_in_bytes" : "memory.max")
    }

    /// Processors whose time the group may have.
    func limitProcessors(to share: Double) throws {
        let time = Int(share * 100_000)
        if isFirst {
            try write("\(time)", to: "cpu.cfs_quota_us")
        } else {
            try write("\(time) 100000", to: "cpu.max")
        }
    }

    /// The most memory that the group ever had, in bytes.
    func peakMemory() throws -> Int {
        let text = try String(
            contentsOfFile: path + (isFirst ? "/memory.max_usage_in_bytes" : "/memory.peak"), encoding: .utf8)
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    /// A line of shell that goes on in the group.
    func entering(_ line: String) -> String { "echo $$ > \(path)/cgroup.procs && \(line)" }

    private func has(_ file: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + file) }

    private func write(_ text: String, to file: String) throws {
        guard let handle = FileHandle(forWritingAtPath: path + "/" + file) else { throw Unwritable(file: file) }
        try handle.write(contentsOf: Data(text.utf8))
    }

    private struct Unwritable: Error { let file: String }
}
