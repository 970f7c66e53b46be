import Glibc

/// Reads a text line by line, a mebibyte at a time, and what stands in a line byte by byte.
///
/// Only the line under way is in memory. The end of a line reads as a line feed.
struct TraceScanner: ~Copyable {
    static let lineFeed = UInt8(ascii: "\n")
    /// A longer line is no trace but something else.
    static let longestLine = 64 << 20
    private static let chunk = 1 << 20

    /// What messages call the source.
    let name: String
    /// The number of the line under way, from 1.
    private(set) var line = 0
    /// Whether a line feed ends the line under way. Without one it may have been cut off.
    private(set) var isTerminated = true
    var position = 0

    private let source: TraceSource
    private(set) var bytes: [UInt8]
    private(set) var lineEnd = 0
    private var nextStart = 0
    private var filled = 0
    private var isAtEnd = false

    init(_ source: TraceSource) throws {
        name = source.name
        self.source = source
        bytes = [UInt8](repeating: 0, count: min(max(source.size + 1, 1 << 12), Self.chunk))
        try fill()
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { nextStart = 3 }
    }

    /// The beginning of the text, as far as it has been read.
    var head: ArraySlice<UInt8> { bytes[nextStart..<filled] }

    /// Moves on to the next line that is not empty; false when there is none.
    mutating func nextLine() throws -> Bool {
        repeat {
            guard try findLine() else { return false }
        } while position == lineEnd
        return true
    }

    private mutating func findLine() throws -> Bool {
        line += 1
        var searched = nextStart
        while true {
            if let end = lineFeed(from: searched) {
                setLine(end: end, isTerminated: true)
                return true
            }
            if isAtEnd { break }
            searched = filled - nextStart
            try makeRoom()
            try fill()
        }
        guard nextStart < filled else {
            line -= 1
            return false
        }
        setLine(end: filled, isTerminated: false)
        return true
    }

    private mutating func setLine(end: Int, isTerminated: Bool) {
        self.isTerminated = isTerminated
        position = nextStart
        nextStart = min(end + 1, filled)
        lineEnd = end > position && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    }

    private func lineFeed(from start: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, start < filled,
                let found = memchr(base + start, Int32(Self.lineFeed), filled - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Moves the beginning of a line to the front of the buffer, and makes the buffer larger where that is not enough.
    private mutating func makeRoom() throws {
        let rest = filled - nextStart
        guard rest < Self.longestLine else {
            throw error("this line is longer than \(Self.longestLine >> 20) MiB, so this is no trace")
        }
        for index in 0..<rest { bytes[index] = bytes[nextStart + index] }
        (nextStart, filled) = (0, rest)
        if rest > bytes.count / 2 { bytes += [UInt8](repeating: 0, count: bytes.count) }
    }

    private mutating func fill() throws {
        let count = try source.read(into: &bytes, from: filled)
        filled += count
        isAtEnd = count == 0
    }

    /// An error that names the line under way.
    func error(_ problem: String, line: Int? = nil) -> ProfilingError {
        ProfilingError("\(name), line \(line ?? self.line): \(problem)")
    }
}

/// The file ends in the middle of a line.
struct CutOffLine: Error {}
