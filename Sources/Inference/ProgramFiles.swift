import Glibc
import Tensors

/// The files that the program itself is made of, as they are mapped: its own and its libraries.
struct ProgramFiles {
    private struct Part {
        let addresses: Range<UInt>
        /// Its place in the file.
        let bytes: Range<Int>
        let path: Substring
        let isCode: Bool
        /// Whether pages of it were copied when they were written to. The originals are needed at the next start.
        var isCopied = false
    }

    private let parts: [Part]
    /// How often some of it was read from the disk for this process, which then was charged for it.
    let reads: Int

    init(files: KernelFiles = KernelFiles()) {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        reads = usage.ru_majflt
        var all: [Part] = []
        // Each part has a line of its own, and in the longer list below it lines like `Anonymous:   4 kB`.
        let list = reads > 0 ? "/proc/self/smaps" : "/proc/self/maps"
        for line in (files.text(list) ?? "").split(separator: "\n") {
            if let part = Self.part(line) {
                all.append(part)
            } else if line.hasPrefix("Anonymous:"), !line.hasSuffix(" 0 kB"), !all.isEmpty {
                all[all.count - 1].isCopied = true
            }
        }
        let programs = Set(all.lazy.filter { $0.isCode && !$0.path.isEmpty }.map(\.path))
        parts = all.filter { programs.contains($0.path) }
    }

    /// Gives back the page cache of these files beyond what has been used, and lets no more of it be read ahead.
    ///
    /// The kernel reads far ahead in them, megabytes where the disk is fast, and charges it all to whoever came first.
    func dropUnused() {
        for part in parts {
            madvise(UnsafeMutableRawPointer(bitPattern: part.addresses.lowerBound), part.bytes.count, MADV_RANDOM)
        }
        guard reads > 0 else { return }
        for path in Set(parts.map(\.path)) { dropUnused(of: path) }
    }

    private func dropUnused(of path: Substring) {
        let descriptor = open(String(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var start = 0
        let kept = parts.filter { $0.path == path && $0.isCopied }.map(\.bytes)
        for range in kept.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > start {
                posix_fadvise(descriptor, off_t(start), off_t(range.lowerBound - start), POSIX_FADV_DONTNEED)
            }
            start = max(start, range.upperBound)
        }
        posix_fadvise(descriptor, off_t(start), 0, POSIX_FADV_DONTNEED)  // To the end.
    }

    /// Reads a line like `7f12a000-7f12b000 r-xp 00003000 08:01 1234   /usr/lib/libc.so`; nil for those below it. Memory that
    /// is no file's has no path.
    private static func part(_ line: Substring) -> Part? {
        let words = line.split(separator: " ", maxSplits: 3)
        let bounds = words.first?.split(separator: "-").compactMap { UInt($0, radix: 16) } ?? []
        guard words.count == 4, bounds.count == 2, bounds[0] < bounds[1], let offset = Int(words[2], radix: 16) else {
            return nil
        }
        return Part(
            addresses: bounds[0]..<bounds[1], bytes: offset..<offset + Int(bounds[1] - bounds[0]),
            path: words[3].drop { $0 != "/" }, isCode: words[1].contains("x"))
    }
}
