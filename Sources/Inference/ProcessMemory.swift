import Foundation

/// What this process holds, by the kernel's count: its own memory and the file pages it has mapped.
enum ProcessMemory {
    static func current() -> Int { status("VmRSS:") }
    static func peak() -> Int { status("VmHWM:") }

    /// What the program takes by itself: its own memory, and the page cache that its files fill when they are read from
    /// the disk, which the kernel charges to whoever comes first.
    ///
    /// - Parameter data: a folder whose files are mapped but hold data, not program.
    static func program(besides data: String) -> Int { status("RssAnon:") + files(besides: data) }

    /// The sizes of all files that are mapped.
    private static func files(besides data: String) -> Int {
        guard let bytes = try? FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd() else { return 0 }
        let text = String(decoding: bytes, as: UTF8.self)
        let paths = Set(
            text.split(separator: "\n").compactMap { line in
                line.firstIndex(of: "/").map { String(line[$0...]) }
            })
        let folder = URL(fileURLWithPath: data).resolvingSymlinksInPath().path
        return paths.filter { !$0.hasPrefix(folder + "/") }.reduce(0) { sum, path in
            var information = stat()
            return stat(path, &information) == 0 ? sum + Int(information.st_size) : sum
        }
    }

    private static func status(_ key: String) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return kibibytes << 10
    }
}
