import Profiling

/// How long some tokens took, and what of that the disk did.
package struct PassTiming: Encodable, Sendable {
    package var tokens: Int
    package var seconds: Double
    package var tokensPerSecond: Double
    /// Time that computing stood still for the disk.
    package var waitSeconds = 0.0
    package var expertHits = 0
    package var expertMisses = 0
    package var bytesRead = 0

    package init(tokens: Int, seconds: Double) {
        self.tokens = tokens
        self.seconds = seconds
        tokensPerSecond = Double(tokens) / max(seconds, 1e-9)
    }

    init(tokens: Int, seconds: Double, _ counters: OffloadCounters) {
        self.init(tokens: tokens, seconds: seconds)
        waitSeconds = counters.waitSeconds
        expertHits = counters.hits
        expertMisses = counters.misses
        bytesRead = counters.bytesRead
    }
}
