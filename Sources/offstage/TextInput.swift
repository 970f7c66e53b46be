import Foundation

/// Reads a text that a command works on.
enum TextInput {
    /// What messages call the source of a text.
    static func name(of path: String) -> String { path == "-" ? "standard input" : path }

    /// The bytes of a file, pipe or device, `-` being standard input.
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        return try bytes(of: descriptor, path)
    }

    private static func bytes(of descriptor: Int32, _ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            try waitForInput(descriptor)
            let count = Foundation.read(descriptor, &piece, piece.count)
            guard count >= 0 else { throw unreadable(path) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    /// Lets Ctrl-C end the wait for somebody who types.
    private static func waitForInput(_ descriptor: Int32) throws {
        var input = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&input, 1, -1) < 0, !Interruption.isRequested {}
        if Interruption.isRequested { throw CancellationError() }
    }

    private static func unreadable(_ path: String) -> Complaint {
        let reason = Complaint.reason()
        return Complaint("could not read \(name(of: path)): \(reason)")
    }
}
