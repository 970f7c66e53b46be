import Foundation

/// Writes a routing trace to a file as the model runs.
public final class RoutingTraceWriter: RoutingRecorder {
    private let file: FileHandle
    private let path: String
    private let encoder: JSONEncoder
    private var pending = Data()

    /// Creates the file, replacing one of that name.
    ///
    /// - Throws: ``ProfilingError`` when the file cannot be written.
    public init(path: String, header: RoutingTraceHeader) throws {
        self.path = path
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw ProfilingError("could not create the routing trace \(path): \(String(cString: strerror(errno)))") }
        self.file = file
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try append(header)
    }

    public func record(_ entry: RoutingTraceEntry) throws { try append(entry) }

    /// Writes what is still in memory and closes the file.
    public func finish() throws {
        try flush()
        try file.close()
    }

    private func append(_ line: some Encodable) throws {
        pending.append(try encoder.encode(line))
        pending.append(0x0A)
        if pending.count > 64 << 10 { try flush() }
    }

    private func flush() throws {
        do {
            try file.write(contentsOf: pending)
        } catch {
            throw ProfilingError("could not write the routing trace \(path): \(error.localizedDescription)")
        }
        pending.removeAll(keepingCapacity: true)
    }
}
