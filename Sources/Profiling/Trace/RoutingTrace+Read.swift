public import Foundation

/// A routing trace read back, line by line. A profile of it is made of a ``RoutingTable``, which takes less memory.
public struct RoutingTrace: Sendable, Equatable {
    public var header: RoutingTraceHeader
    public var entries: [RoutingTraceEntry]

    /// Reads a trace that was recorded with `--trace`.
    ///
    /// - Throws: ``ProfilingError`` naming the line that is not as it should be.
    public init(contentsOf path: String) throws {
        try self.init(TraceSource(path: path, monitor: TraceMonitor()))
    }

    public init(_ data: Data, name: String) throws { try self.init(TraceSource(Array(data), name: name)) }

    private init(_ source: TraceSource) throws {
        var scanner = try TraceScanner(source)
        header = try RoutingTraceHeader(&scanner)
        entries = []
        while try scanner.nextLine() {
            do {
                if case .entry(let entry) = try OffstageTraceLine(&scanner, header: header) { entries.append(entry) }
            } catch is CutOffLine {
                throw scanner.error("the file ends in the middle of this line")
            }
        }
    }
}
