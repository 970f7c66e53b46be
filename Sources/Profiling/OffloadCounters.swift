/// What a cache of experts did, counted since it was opened.
public struct OffloadCounters: Codable, Sendable, Equatable {
    /// Leases answered from memory, nothing left to read.
    public var hits = 0
    /// Leases that had to read, wholly or in part.
    public var misses = 0
    /// Experts read because somebody said they would be needed, and then were.
    public var usefulPrefetches = 0
    /// Experts read ahead and replaced before anybody asked for them.
    public var wastedPrefetches = 0
    /// Experts that made room for others.
    public var evictions = 0
    /// Bytes that reached memory from the disk.
    public var bytesRead = 0
    /// Seconds during which at least one read was under way.
    public var readSeconds = 0.0
    /// Seconds the computing caller stood waiting for bytes.
    public var waitSeconds = 0.0

    public init() {}

    /// What has happened since these counters were at others.
    package func since(_ earlier: OffloadCounters) -> OffloadCounters {
        var difference = self
        difference.hits -= earlier.hits
        difference.misses -= earlier.misses
        difference.usefulPrefetches -= earlier.usefulPrefetches
        difference.wastedPrefetches -= earlier.wastedPrefetches
        difference.evictions -= earlier.evictions
        difference.bytesRead -= earlier.bytesRead
        difference.readSeconds -= earlier.readSeconds
        difference.waitSeconds -= earlier.waitSeconds
        return difference
    }
}
