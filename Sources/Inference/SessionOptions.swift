public import Mixture
public import Offload
public import Tensors
import Transformer

/// What a session may use, and how it goes about it. None of these changes a bit of the output, except ``keyValueFormat``, and
/// that f32 weights, which BLAS multiplies, give differences below 1e-5 between one ``passTokens`` and another.
public struct SessionOptions: Sendable {
    public var budget: MemoryBudget = .automatic
    /// Threads that compute; one for each processor that this process may use, if nobody says.
    public var threads = CPU.defaultThreads
    /// Positions the key/value cache has room for.
    public var positions = 512
    /// Tokens of a prompt that pass the layers together; a cold expert is read once per pass.
    public var passTokens = 512
    /// Tokens of a text that are scored together, each with a logit for all of the vocabulary: one is enough for a session that
    /// only generates.
    public var scoredTokens = 16
    /// How keys and values are kept. What is not f32 takes less memory and time where the context is long, and rounds: the
    /// output is no longer the same.
    public var keyValueFormat = KeyValueFormat.f32
    public var policy: EvictionPolicyName = .decay
    /// How the experts of a layer are spread over threads.
    public var strategy = StrategyChoice.automatic
    /// Where to keep what the machine's parts cost, and which strategies were fast; nil: nothing is measured ahead, nor kept.
    public var planFolder: String?
    /// Whether experts' rows are shared out to the nodes of the machine's memory, where there are several, and threads prefer
    /// those that are near.
    public var usesMemoryNodes = true
    /// Whether the next layer's experts are read while a prompt passes this one.
    public var prefetchesPrompts = true
    /// How many tokens ``Session/timed(_:at:as:isCancelled:)`` may take through the layers again.
    package var repeatableTokens = 0

    public init() {}
}

extension SessionOptions {
    var limits: PassLimits {
        let positions = max(positions, 1)
        return PassLimits(
            tokens: min(max(passTokens, 1), positions), positions: positions, logitRows: max(scoredTokens, 1),
            keyValueFormat: keyValueFormat, repeatableTokens: repeatableTokens)
    }

    /// - Throws: ``InferenceError`` for a number that nothing can be done with.
    func check() throws {
        try InferenceError.check("threads", threads, 1...1024)
        try InferenceError.check("positions", positions, 1...1 << 30)
        try InferenceError.check("passTokens", passTokens, 1...Int.max)
        try InferenceError.check("scoredTokens", scoredTokens, 1...Int.max)
        if case .expertShare(let share) = budget { try InferenceError.check("the share of experts", share, 0...1) }
    }
}
