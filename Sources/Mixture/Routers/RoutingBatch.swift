import Tensors

/// The tokens that pass a layer together in training: whole sequences, one after another.
package struct RoutingBatch: Sendable {
    /// Ids.
    package var tokens: [Int]
    /// Tokens of a sequence.
    package var sequenceLength: Int
    /// Tokens that are not there: they visit nothing and count for nothing.
    package var isPadding: [Bool]?
    /// The optimizer's step, counted from 0.
    package var step: Int
    package var totalSteps: Int
    /// Where random draws come from. One for each (step, micro-batch, layer): the same seed gives the same draws, so
    /// recomputing a layer or resuming a run changes nothing.
    package var seed: UInt64

    package init(
        tokens: [Int], sequenceLength: Int, isPadding: [Bool]? = nil, step: Int = 0, totalSteps: Int = 1,
        seed: UInt64 = 0
    ) {
        precondition(
            sequenceLength > 0 && tokens.count % sequenceLength == 0,
            "\(tokens.count) tokens in sequences of \(sequenceLength)")
        precondition(isPadding.map { $0.count == tokens.count } ?? true, "padding of other than \(tokens.count) tokens")
        self.tokens = tokens
        self.sequenceLength = sequenceLength
        self.isPadding = isPadding
        self.step = step
        self.totalSteps = totalSteps
        self.seed = seed
    }

    /// The places of the tokens that count, ascending.
    package var counted: [Int] { counted(in: tokens.indices) }

    /// Those of some places.
    func counted(in places: Range<Int>) -> [Int] {
        guard let isPadding else { return Array(places) }
        return places.filter { !isPadding[$0] }
    }

    /// The tokens that count, sequence by sequence; sequences of padding alone are left out.
    var countedBySequence: [[Int]] {
        stride(from: 0, to: tokens.count, by: sequenceLength).map { counted(in: $0..<$0 + sequenceLength) }
            .filter { !$0.isEmpty }
    }

    /// What a seed's draws are for.
    enum Purpose: UInt64 {
        case noise = 1
        case secondExpert, drops, expertOrder, jitter
    }

    func random(for purpose: Purpose, row: Int = 0) -> RandomNumbers {
        RandomNumbers(seed: seed, stream: purpose.rawValue << 32 | UInt64(row))
    }
}

extension RandomNumbers {
    /// A number between 0 and 1, never either.
    mutating func uniform() -> Float { (Float(next() >> 41) + 0.5) * 0x1p-23 }
}
