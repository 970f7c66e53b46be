/// What one of the ranks that trained a model had and did.
package struct RankShare: Codable, Sendable, Equatable, BitwiseCopyable {
    package var rank = 0
    /// Experts of every layer that are its own.
    package var experts = 0
    /// Those of a layer.
    package var allExperts = 0
    /// Parameters that it held, the experts' of other ranks not among them.
    package var parameters = 0
    /// Bytes of the most memory that it ever held.
    package var peakMemoryBytes = 0
    package var threads = 0
    /// Time in what ranks do together, waiting for slower ones included.
    package var exchangeSeconds = 0.0
    /// Bytes that came from other ranks.
    package var bytesReceived = 0
}
