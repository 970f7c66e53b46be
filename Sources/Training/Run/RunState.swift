import Profiling

/// What a run must remember beside the weights to go on to the same bits.
struct RunState: Codable, Sendable, Equatable {
    /// What it learns from.
    let corpus: CorpusMark
    /// Steps done.
    var step = 0
    /// Updates that the optimizer has made.
    var optimizerSteps = 0
    /// Cross-entropy of the last steps, a tenth of all, in nats per token.
    var recentLosses: [Double] = []
    var bestValidationLoss: Double?
    /// Visits of each expert of each layer since the last log entry, and those turned away.
    var loads: [[Int]] = []
    var drops = 0
    /// The same over the whole run.
    var visits = 0
    var allDrops = 0
    /// How the first experts of the probe's tokens changed, for each layer.
    var fluctuation: [RoutingFluctuation] = []
    /// Seconds of learning, over all times the run was taken up, and the tokens learned from.
    var seconds = 0.0
    var tokens = 0

    /// The state in which a run begins.
    init(_ corpus: CorpusMark) { self.corpus = corpus }
}
