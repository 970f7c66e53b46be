public import Foundation

/// A routing trace read back.
public struct RoutingTrace: Sendable, Equatable {
    public var header: RoutingTraceHeader
    public var entries: [RoutingTraceEntry]

    /// Reads a trace that was recorded with `--trace`.
    ///
    /// - Throws: ``ProfilingError`` naming the line that is not as it should be.
    public init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ProfilingError("could not read the routing trace \(path)")
        }
        try self.init(data, name: path)
    }

    public init(_ data: Data, name: String) throws {
        var lines = data.split(separator: 0x0A, omittingEmptySubsequences: true)[...]
        let decoder = JSONDecoder()
        guard let first = lines.popFirst(), let header = try? decoder.decode(RoutingTraceHeader.self, from: first),
            header.format == RoutingTraceHeader.formatName
        else {
            throw ProfilingError("\(name) is not a routing trace: its first line should be the header --trace writes")
        }
        guard header.version == RoutingTraceHeader.currentVersion else {
            throw ProfilingError(
                "\(name) is a routing trace of version \(header.version); this program reads version "
                    + "\(RoutingTraceHeader.currentVersion)")
        }
        self.header = header
        entries = try lines.enumerated().map { index, line in
            guard let entry = try? decoder.decode(RoutingTraceEntry.self, from: line), header.admits(entry) else {
                throw ProfilingError("\(name), line \(index + 2): not a visit that the header allows")
            }
            return entry
        }
    }
}

extension RoutingTraceHeader {
    fileprivate func admits(_ entry: RoutingTraceEntry) -> Bool {
        entry.token >= 0 && (0..<layers).contains(entry.layer) && entry.experts.count == entry.weights.count
            && entry.experts.allSatisfy((0..<experts).contains)
    }
}
