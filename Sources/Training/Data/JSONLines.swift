import Foundation
import ModelFiles

/// Texts in lines of JSON: each line is an object with a string `text` and, if one likes, a string `domain`.
package enum JSONLines {
    package struct Entry: Decodable {
        package let text: String
        package let domain: String?
    }

    private static let lineEnd = UInt8(ascii: "\n")
    private static let chunk = 1 << 20

    /// Whether a file of that name holds such lines.
    package static func areIn(_ path: String) -> Bool { path.hasSuffix(".jsonl") || path.hasSuffix(".ndjson") }

    /// What the lines of a file say, with their numbers from 1. Blank lines are left out.
    ///
    /// - Throws: ``ModelFileError`` that names the line.
    package static func entries(of bytes: [UInt8], _ path: String) throws -> [(number: Int, entry: Entry)] {
        try bytes.split(separator: lineEnd, omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            try entry(line, of: path, number: index + 1).map { (index + 1, $0) }
        }
    }

    /// Hands over what the lines of a part of a file say.
    ///
    /// - Parameter range: whole lines.
    /// - Throws: ``ModelFileError`` that names the line.
    static func forEachEntry(of file: InputFile, in range: Range<Int>, _ body: (Entry) throws -> Void) throws {
        var rest: [UInt8] = []  // the bytes before `offset` that are no whole line
        var offset = range.lowerBound
        func take(_ line: ArraySlice<UInt8>) throws {
            let start = offset - rest.count + line.startIndex
            if let entry = try entry(line, of: file.path, number: lineNumber(at: start, of: file)) { try body(entry) }
        }
        while offset < range.upperBound {
            let piece = try file.bytes(at: offset, count: min(chunk, range.upperBound - offset))
            var (start, searched) = (0, rest.count)
            rest += piece
            offset += piece.count
            while let end = rest[searched...].firstIndex(of: lineEnd) {
                try take(rest[start..<end])
                (start, searched) = (end + 1, end + 1)
            }
            rest.removeFirst(start)
        }
        try take(rest[...])
    }

    /// Where the second part of a file starts: at the first line from `wanted` on, or else at the last one before.
    static func split(of file: InputFile, at wanted: Int) throws -> Int {
        var last: Int?
        try forEachStart(of: file, in: wanted..<file.size) { start in
            last = start
            return false
        }
        if let last { return last }
        try forEachStart(of: file, in: 1..<max(wanted, 1)) { start in
            last = start
            return true
        }
        return last ?? file.size
    }

    /// Hands over where lines begin that are not blank, as long as somebody wants more.
    private static func forEachStart(
        of file: InputFile, in range: Range<Int>, _ goesOn: (_ start: Int) -> Bool
    ) throws {
        var offset = range.lowerBound
        var before = offset == 0 ? lineEnd : try file.bytes(at: offset - 1, count: 1)[0]
        while offset < range.upperBound {
            let bytes = try file.bytes(at: offset, count: min(chunk, range.upperBound - offset))
            for (index, byte) in bytes.enumerated() {
                if before == lineEnd, byte > 32, !goesOn(offset + index) { return }
                before = byte
            }
            offset += bytes.count
        }
    }

    /// What a line says; nil where it is blank.
    private static func entry(
        _ line: ArraySlice<UInt8>, of path: String, number: @autoclosure () throws -> Int
    ) throws -> Entry? {
        guard line.contains(where: { $0 > 32 }) else { return nil }
        if let entry = try? JSONDecoder().decode(Entry.self, from: Data(line)) { return entry }
        throw ModelFileError(
            path: "\(path), line \(try number())",
            problem: "wanted is a JSON object with a string `text` and, if you like, a string `domain`, such as "
                + "{\"text\": \"…\", \"domain\": \"law\"}")
    }

    private static func lineNumber(at offset: Int, of file: InputFile) throws -> Int {
        try stride(from: 0, to: offset, by: chunk).reduce(1) { number, start in
            try number + file.bytes(at: start, count: min(chunk, offset - start)).count { $0 == lineEnd }
        }
    }
}
