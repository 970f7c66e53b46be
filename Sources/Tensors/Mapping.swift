import Glibc

/// Zeroed memory of its own from the system, whose pages take room only once they are touched.
struct Mapping: ~Copyable, @unchecked Sendable {  // Owns its memory.
    let start: UnsafeMutableRawPointer
    let bytes: Int

    init(bytes: Int) {
        self.bytes = Self.rounded(max(bytes, 1))
        let address = mmap(nil, self.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let address, address != MAP_FAILED else {
            preconditionFailure("mapping \(bytes) bytes: \(String(cString: strerror(errno)))")
        }
        start = address
    }

    deinit { munmap(start, bytes) }

    static let page = 4096

    /// Whole pages.
    static func rounded(_ bytes: Int) -> Int { (bytes + page - 1) / page * page }
}
