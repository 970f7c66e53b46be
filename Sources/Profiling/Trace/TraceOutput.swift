import Files

/// A text that is written from front to back under a temporary name and gets its own at the end.
///
/// Without ``finish()`` nothing of it stays, and a file that had the name stays as it was.
struct TraceOutput: ~Copyable {
    private static let chunk = 1 << 16

    private let path: String
    private var file: UnfinishedFile
    private var pending: [UInt8] = []

    /// - Parameter writesThrough: whether devices and pipes are written into; they cannot be replaced by a file.
    init(path: String, writesThrough: Bool) throws {
        guard writesThrough || UnfinishedFile.canReplace(path) else {
            throw ProfilingError("could not write the routing trace \(path): it is there and is no file")
        }
        do throws(SystemError) {
            file = try UnfinishedFile(path: path, writesThrough: writesThrough)
        } catch {
            throw ProfilingError("could not create the routing trace \(path): \(error)")
        }
        self.path = path
        pending.reserveCapacity(Self.chunk + 1 << 16)
    }

    /// Lets whoever calls add to the text.
    mutating func append(_ body: (inout [UInt8]) throws -> Void) throws {
        try body(&pending)
        if pending.count > Self.chunk { try flush() }
    }

    /// Writes the rest and gives the file its name; one that had the name is replaced.
    mutating func finish() throws {
        try flush()
        do throws(SystemError) { try file.finish() } catch { throw failure(error) }
    }

    private mutating func flush() throws {
        do throws(SystemError) {
            try file.write(pending)
        } catch {
            throw failure(error)
        }
        pending.removeAll(keepingCapacity: true)
    }

    private func failure(_ error: SystemError) -> ProfilingError {
        ProfilingError(
            "could not write the routing trace \(path): \(error)"
                + (error.isLackOfRoom ? "; make room, or choose another disk" : ""))
    }
}

/// Numbers and lists as bytes of a text.
extension [UInt8] {
    mutating func append(_ text: String) { append(contentsOf: text.utf8) }

    mutating func append(_ number: some BinaryInteger) {
        guard number >= 0, number < 10 else { return append("\(number)") }
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number))
    }

    /// The shortest text that reads back as the same number.
    mutating func append(_ number: Float, otherwise: String) {
        append(number.isFinite ? number.description : otherwise)
    }

    mutating func append<Value>(list: some Sequence<Value>, _ element: (inout [UInt8], Value) -> Void) {
        append(UInt8(ascii: "["))
        var isFirst = true
        for value in list {
            if !isFirst { append(UInt8(ascii: ",")) }
            element(&self, value)
            isFirst = false
        }
        append(UInt8(ascii: "]"))
    }
}
