import Files
import Foundation
import Synchronization

/// What the program says beside its text.
enum Terminal {
    static let showsProgress = isatty(STDERR_FILENO) == 1
    private static let isSilent = Atomic<Bool>(false)

    /// Says no more, but what is said aloud: another rank speaks for all.
    static func fallSilent() { isSilent.store(true, ordering: .relaxed) }

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

    /// Fills the places of standard streams that are closed, lest a file be opened there and notes be written into it.
    static func fillClosedStreams() {
        while case let descriptor = open("/dev/null", O_RDONLY), descriptor >= 0 {
            guard descriptor > STDERR_FILENO else { continue }
            close(descriptor)
            return
        }
    }

    /// A line on standard error.
    static func note(_ message: Message) { draw(message.text + "\n") }

    /// Text on standard error as it stands. Work goes on where nobody can read it.
    static func draw(_ text: String) {
        if isSilent.load(ordering: .relaxed) { return }
        try? write(text, to: STDERR_FILENO)
    }

    /// A line on standard error, whoever speaks.
    static func noteAloud(_ message: Message) { try? write(message.text + "\n", to: STDERR_FILENO) }

    static func warn(_ warnings: [String]) {
        for warning in warnings { note("Warning: \(warning)") }
    }

    /// Text on standard output, at once. A reader that has gone away ends the program quietly.
    static func print(_ text: String) {
        if isSilent.load(ordering: .relaxed) { return }
        do throws(SystemError) { try write(text, to: STDOUT_FILENO) } catch { giveUp(error) }
    }

    private static func write(_ text: String, to descriptor: Int32) throws(SystemError) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw SystemError() }
            bytes = bytes.dropFirst(written)
        }
    }

    private static func giveUp(_ error: SystemError) -> Never {
        if error.code != EPIPE { note("Error: could not write to standard output: \(error)") }
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
