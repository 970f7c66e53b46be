import Glibc

/// The files in which the kernel says what a process may have, or others that a test puts in their place.
///
/// Whatever cannot be read is nil: there may be no `/proc`.
package struct KernelFiles: Sendable {
    /// What stands before every path.
    private let root: String

    package init(root: String = "") { self.root = root }

    package func text(_ path: String) -> String? {
        let descriptor = open(root + path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        // Such a file has no length that one could ask for.
        while true {
            let old = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: 1 << 14))
            let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + old, $0.count - old) }
            guard count >= 0 else { return nil }
            bytes.removeLast(bytes.count - old - count)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        }
    }

    /// The number that a file holds; nil for the word `max` too.
    package func number(_ path: String) -> Int? { numbers(path).first ?? nil }

    /// The words of a file as numbers.
    package func numbers(_ path: String) -> [Int?] {
        (text(path) ?? "").split(whereSeparator: \.isWhitespace).map { Int($0) }
    }

    /// The number behind a key, in a file of lines like `key 12` or `key: 12 kB`, in bytes where a unit is named.
    package func entry(_ key: String, in path: String) -> Int? {
        for line in (text(path) ?? "").split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ":" })
            guard words.count >= 2, words[0] == key else { continue }
            return Int(words[1]).map { words.last == "kB" ? $0 << 10 : $0 }
        }
        return nil
    }
}
