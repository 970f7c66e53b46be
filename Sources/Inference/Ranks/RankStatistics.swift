/// What one of several ranks had and did in a run. Sizes are bytes, times seconds.
public struct RankStatistics: Codable, Sendable, Equatable, BitwiseCopyable {
    public var rank = 0
    /// Experts of its own that fit in its memory, and all that are its own.
    public var expertSlots = 0
    public var expertCount = 0
    public var expertHits = 0
    public var expertMisses = 0
    public var bytesRead = 0
    /// Time that computing stood still for its disk.
    public var waitSeconds = 0.0
    /// Time that it took to exchange outputs, waiting for slower ranks included.
    public var exchangeSeconds = 0.0
    /// Outputs of other ranks.
    public var bytesReceived = 0
    public var ramBudgetBytes = 0
    public var peakMemoryBytes = 0
    public var threads = 0

    init(_ rank: Int, _ own: RunStatistics, exchangeSeconds: Double, bytesReceived: Int) {
        self.rank = rank
        expertSlots = own.expertSlots
        expertCount = own.expertCount
        expertHits = own.expertHits
        expertMisses = own.expertMisses
        bytesRead = own.bytesRead
        waitSeconds = own.waitSeconds
        self.exchangeSeconds = exchangeSeconds
        self.bytesReceived = bytesReceived
        ramBudgetBytes = own.ramBudgetBytes
        peakMemoryBytes = own.peakMemoryBytes
        threads = own.threads
    }
}
