package import Mixture
package import Ranks
package import Tensors

extension Occasion {
    static let nextPass = Occasion("the next pass")
    static let nextToken = Occasion("the next token")
}

/// The ranks that run a model together: each has all of its weights but the experts, and some of those.
///
/// All ranks make the same passes over the same tokens. Of a layer each computes the visits to its own experts; the outputs
/// are then exchanged and combined in slot order on every rank, so that not a bit depends on how many there are.
package final class SessionRanks {
    package let communicator: Communicator
    /// Ranks on this rank's host, which share its memory.
    let ranksOnHost: Int
    /// Those of them that run on the same processors.
    private let ranksOnProcessors: Int
    private var ranges: ExpertRanges?
    /// Time that computing stood still for other ranks, and bytes that came from them.
    private(set) var exchangeSeconds = 0.0
    private(set) var bytesReceived = 0

    /// - Throws: `RankFailure` where a rank is missing.
    package init(_ communicator: Communicator) throws {
        self.communicator = communicator
        let hosts = try communicator.hosts()
        let neighbors = hosts.ranks[hosts.host(of: communicator.rank)]
        let processors = try communicator.allGather(Array(CPU.processorList().utf8), of: .start)
        ranksOnHost = neighbors.count
        ranksOnProcessors = neighbors.count { processors[$0] == processors[communicator.rank] }
    }

    /// Threads for this rank where nobody says how many.
    package var threads: Int { max(1, CPU.defaultThreads / ranksOnProcessors) }

    /// Does what needs no other rank, first on rank 0, and then on the others: what fails on one fails on all alike, and what
    /// one makes, the others find.
    package func inTurn<Result>(_ work: () throws -> Result) throws -> Result {
        let first = try isFirst ? work() : nil
        try waitForAll()
        let own = try first ?? work()
        try waitForAll()
        return own
    }

    /// Waits for ranks that may have much to read or to pack, as long as they live.
    func waitForAll() throws {
        let patience = communicator.patience
        communicator.patience = .seconds(24 * 3600)
        defer { communicator.patience = patience }
        try communicator.barrier(.start)
    }

    /// Whether this rank reads, chooses and prints for all.
    package var isFirst: Bool { rank == 0 }
    package var rank: Int { communicator.rank }
    package var count: Int { communicator.count }

    /// Agrees on who computes which experts.
    ///
    /// - Parameter room: says how many bytes this rank has for experts; where it fails, all ranks do.
    /// - Returns: this rank's experts of every layer.
    func share(experts: Int, room: () throws -> Int) throws -> Range<Int> {
        let room = try communicator.together(of: .start, room)
        let ranges = ExpertRanges(of: experts, weights: try communicator.allGather(room, of: .start))
        self.ranges = ranges
        return ranges[rank]
    }

    /// Rank 0's number, on every rank.
    func fromFirst(_ number: Int, of occasion: Occasion) throws -> Int {
        try fromFirst([number], count: 1, of: occasion)[0]
    }

    /// Rank 0's numbers, on every rank.
    package func fromFirst(_ numbers: [Int], of occasion: Occasion) throws -> [Int] {
        try fromFirst(numbers, count: fromFirst(numbers.count, of: occasion), of: occasion)
    }

    private func fromFirst(_ numbers: [Int], count: Int, of occasion: Occasion) throws -> [Int] {
        var numbers = isFirst ? numbers : [Int](repeating: 0, count: count)
        var span = numbers.mutableSpan
        try communicator.broadcast(&span, from: 0, of: occasion)
        return numbers
    }

    /// What each rank had and did, from what this one did.
    func gathered(_ own: RunStatistics) throws -> [RankStatistics] {
        let own = RankStatistics(rank, own, exchangeSeconds: exchangeSeconds, bytesReceived: bytesReceived)
        return try communicator.allGather(own, of: .end)
    }

    func forgetExchanges() { (exchangeSeconds, bytesReceived) = (0, 0) }
}

extension SessionRanks: ExpertPeers {
    package func complete(_ outputs: MatrixView, _ assignment: Assignment, layer: Int) throws {
        guard let ranges, count > 1 else { return }
        let clock = Stopwatch()
        let width = outputs.columns
        let segments = Segments.listed(
            (0..<count).map { rank in
                let experts = ranges[rank]
                return assignment.offsets[experts.lowerBound] * width..<assignment.offsets[experts.upperBound] * width
            })
        try outputs.withMutableValues { try communicator.allGather(&$0, segments, of: .layer(layer)) }
        exchangeSeconds += clock.seconds
        bytesReceived += (outputs.rows * width - segments.range(rank, of: count).count) * MemoryLayout<Float>.stride
    }
}
