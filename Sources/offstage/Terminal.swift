import Foundation

/// What the program says beside its text.
enum Terminal {
    static let showsProgress = isatty(STDERR_FILENO) == 1

    /// Whether standard output shows colors: a terminal does, unless told otherwise (no-color.org).
    static var takesColor: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Columns of the terminal that shows standard output; 80 where there is none.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// A line on standard error.
    static func note(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    static func warn(_ warnings: [String]) {
        for warning in warnings { note("Warning: \(warning)") }
    }

    /// Text on standard output, at once. A reader that has gone away ends the program quietly.
    static func print(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { giveUp() }
            bytes = bytes.dropFirst(written)
        }
    }

    private static func giveUp() -> Never {
        if errno != EPIPE { note("Error: could not write to standard output: \(Complaint.reason())") }
        Foundation.exit(1)
    }

    /// One line of JSON on standard output, keys in alphabetical order.
    static func print(json value: some Encodable) throws {
        print(String(decoding: try encoded(value), as: UTF8.self) + "\n")
    }

    static func encoded(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}
