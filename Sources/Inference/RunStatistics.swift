public import Mixture
public import Tensors

/// Where time and memory went. Sizes are bytes, times seconds, rates fractions of 1.
public struct RunStatistics: Codable, Sendable, Equatable {
    public var promptTokens = 0
    public var generatedTokens = 0
    /// From the first prompt token to the first logits.
    public var prefillSeconds = 0.0
    public var prefillTokensPerSecond = 0.0
    /// All passes after the prompt's.
    public var decodeSeconds = 0.0
    /// Passes after the prompt's, per second; the first new token comes from the prompt's own pass.
    public var decodeTokensPerSecond = 0.0
    /// To open the model and read its dense weights; 0 in a session's later uses.
    public var loadSeconds = 0.0
    public var ramBudgetBytes = 0
    /// The most the process held until the end of the first use, or during a later one, file pages that it mapped included.
    public var peakMemoryBytes = 0
    /// Experts that fit in memory at once, at the end, and experts in all.
    public var expertSlots = 0
    public var expertCount = 0
    public var expertHits = 0
    public var expertMisses = 0
    public var hitRate = 0.0
    public var usefulPrefetches = 0
    public var wastedPrefetches = 0
    public var bytesRead = 0
    /// Time during which at least one read was under way.
    public var readSeconds = 0.0
    /// Time that computing stood still for the disk.
    public var waitSeconds = 0.0
    /// While reads were under way.
    public var diskBytesPerSecond = 0.0
    public var threads = 0
    /// How keys and values were kept.
    public var keyValueFormat = KeyValueFormat.f32
    /// One line for each layer: how its experts were spread over threads, what was predicted of it and what was measured.
    public var plan: [String] = []
    /// The same in numbers.
    public var strategies: [LayerExplanation] = []
    /// What each rank had and did, where there are several; all else is of the rank at hand.
    public var ranks: [RankStatistics]?
    /// What ended the text.
    public var ending: Ending?

    public enum Ending: String, Codable, Sendable {
        case length, context
        case endOfText = "end_of_text"
        case stopString = "stop_string"
        case interrupted
    }

    public init() {}
}
