import Mixture
package import Ranks
import Tensors

extension Occasion {
    static let losses = Occasion("the losses")
    static let gradients = Occasion("the gradients")
    static let nextOrder = Occasion("the next order")
    static let tensor = Occasion("a tensor")
}

/// What travels between ranks that train a model's experts together.
package enum ExpertTravel: String, CaseIterable, Sendable {
    case tokens, weights
    /// Whichever is faster, layer by layer.
    case auto
}

/// The ranks that train a model together: each has all of its weights but the experts, some of those, and some sequences of
/// every batch.
package final class TrainingRanks {
    package let communicator: Communicator
    package let travel: ExpertTravel
    /// Time that learning stood still for other ranks, and bytes that came from them.
    package private(set) var exchangeSeconds = 0.0
    package private(set) var bytesReceived = 0

    package init(_ communicator: Communicator, travel: ExpertTravel = .tokens) {
        self.communicator = communicator
        self.travel = travel
    }

    var rank: Int { communicator.rank }
    var count: Int { communicator.count }
    /// Whether this rank reads, decides and writes for all.
    var isFirst: Bool { rank == 0 }

    /// Which experts of a layer each rank holds.
    func owners(of experts: Int) -> ExpertRanges {
        ExpertRanges(of: experts, weights: Array(repeating: 1, count: count))
    }

    func way(experts: Int, hiddenSize: Int, width: Int) -> any ExpertWay {
        switch travel {
        case .tokens: TokensWay(self, experts: experts, hiddenSize: hiddenSize)
        case .weights: WeightsWay(self, experts: experts, hiddenSize: hiddenSize, width: width)
        case .auto:
            ChosenWay(
                self, TokensWay(self, experts: experts, hiddenSize: hiddenSize),
                WeightsWay(self, experts: experts, hiddenSize: hiddenSize, width: width), hiddenSize: hiddenSize,
                width: width)
        }
    }
}

extension TrainingRanks {
    /// Waits for ranks that make their part of a model, as long as they live, and begins to count anew.
    func waitForAll() throws {
        try patiently { try communicator.barrier(.start) }
        (exchangeSeconds, bytesReceived) = (0, 0)
    }

    /// Lets other ranks have all the time that they need.
    func patiently<Result>(_ work: () throws -> Result) rethrows -> Result {
        let patience = communicator.patience
        communicator.patience = .seconds(24 * 3600)
        defer { communicator.patience = patience }
        return try work()
    }

    /// Sends each rank so many rows, and receives so many from each.
    func exchange(
        _ sent: MatrixView, _ sentRows: [Int], into received: MatrixView, _ receivedRows: [Int], of occasion: Occasion
    ) throws {
        let width = sent.columns
        try timed(received: (received.rows - receivedRows[rank]) * width) {
            try sent.withValues { (sent) throws in
                try received.withMutableValues { (received) throws in
                    try communicator.allToAll(
                        sent, .consecutive(sentRows.map { $0 * width }), into: &received,
                        .consecutive(receivedRows.map { $0 * width }), of: occasion)
                }
            }
        }
    }

    /// Fills a matrix with the parts of all ranks; each has its own in place.
    ///
    /// - Parameter counts: numbers of each rank.
    func gather(_ matrix: MatrixView, _ counts: [Int], of occasion: Occasion) throws {
        try timed(received: matrix.count - counts[rank]) {
            try matrix.withMutableValues { try communicator.allGather(&$0, .consecutive(counts), of: occasion) }
        }
    }

    /// The numbers of all ranks, in their order.
    ///
    /// - Parameter counts: of each rank.
    func gathered<Number: BitwiseCopyable & ExpressibleByIntegerLiteral>(
        _ own: [Number], counts: [Int], of occasion: Occasion
    ) throws -> [Number] {
        let first = counts[..<rank].reduce(0, +)
        var all = [Number](repeating: 0, count: counts.reduce(0, +))
        all.replaceSubrange(first..<first + own.count, with: own)
        try timed(received: all.count - own.count) {
            var span = all.mutableSpan
            try communicator.allGather(&span, .consecutive(counts), of: occasion)
        }
        return all
    }

    /// A value of each rank.
    func gathered<Value: BitwiseCopyable>(_ value: Value, of occasion: Occasion) throws -> [Value] {
        try timed(received: count - 1) { try communicator.allGather(value, of: occasion) }
    }

    /// Leaves in a rank's own part of a matrix the sum of what all ranks have there.
    func addUp(_ matrix: MatrixView, _ counts: [Int], of occasion: Occasion) throws {
        try timed(received: counts[rank] * (count - 1)) {
            try matrix.withMutableValues {
                try communicator.reduceScatter(&$0, .consecutive(counts), by: .sum, of: occasion)
            }
        }
    }

    /// Replaces each number by its sum over all ranks.
    func addUpEverywhere(_ matrix: MatrixView, of occasion: Occasion) throws {
        // All terms of a share, then all other shares.
        try timed(received: 2 * matrix.count * (count - 1) / count) {
            try matrix.withMutableValues { try communicator.allReduce(&$0, by: .sum, of: occasion) }
        }
    }

    /// Lets all ranks do something together, and counts how long this one was in it.
    ///
    /// - Parameter numbers: that come from other ranks, of four bytes.
    func timed<Result>(received numbers: Int = 0, _ work: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock.now
        defer {
            exchangeSeconds += (ContinuousClock.now - start) / .seconds(1)
            bytesReceived += numbers * MemoryLayout<Float>.stride
        }
        return try work()
    }
}
