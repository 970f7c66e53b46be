import Glibc

/// Anonymous memory, 2 MiB-aligned and in huge pages where the kernel has them, but for what is left of the last one. It
/// counts only where it was touched.
final class Mapping: @unchecked Sendable {  // Its place never changes; its users agree on who writes where.
    static let hugePage = 2 << 20
    private static let page = 4 << 10

    let start: UnsafeMutableRawPointer
    let length: Int
    private let reserved: UnsafeMutableRawBufferPointer

    init(_ bytes: Int, hugePages: Bool = true) throws {
        length = Self.rounded(bytes)
        let reservedBytes = length + Self.hugePage
        let protection = PROT_READ | PROT_WRITE
        let flags = MAP_PRIVATE | Int32(MAP_ANONYMOUS) | Int32(MAP_NORESERVE)
        guard let memory = mmap(nil, reservedBytes, protection, flags, -1, 0), memory != MAP_FAILED else {
            throw MappingError(bytes: length, code: errno)
        }
        reserved = UnsafeMutableRawBufferPointer(start: memory, count: reservedBytes)
        start = memory.alignedUp(toMultipleOf: Self.hugePage)
        let inHugePages = hugePages ? length / Self.hugePage * Self.hugePage : 0
        if inHugePages > 0 { madvise(start, inHugePages, MADV_HUGEPAGE) }
        madvise(start + inHugePages, length - inHugePages, MADV_NOHUGEPAGE)
    }

    deinit { munmap(reserved.baseAddress!, reserved.count) }

    /// What a mapping for so many bytes takes.
    static func rounded(_ bytes: Int) -> Int { (max(bytes, 1) + page - 1) / page * page }

    subscript(range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= length, "bytes \(range) of \(length)")
        return UnsafeMutableRawBufferPointer(start: start + range.lowerBound, count: range.count)
    }
}

/// No address space for that much memory.
package struct MappingError: Error, CustomStringConvertible {
    let bytes: Int
    let code: Int32

    package var description: String { "could not reserve \(bytes) bytes of memory: \(errorText(code))" }
}
