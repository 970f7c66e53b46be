/// All that a profile found. As JSON its names are in snake case; shares are 0 to 1, sizes bytes, entropies and mutual
/// information nats unless they say otherwise.
package struct RoutingReport: Codable, Sendable, Equatable {
    /// The most important first.
    package var findings: [Finding] = []
    package var source: Source
    /// In the order in which tokens pass them.
    package var layers: [LayerReport] = []
    package var acrossLayers: AcrossLayers?
    /// Nil where no text has a domain, or all have the same.
    package var domains: DomainReport?
    /// Nil where the trace does not know the tokens' ids.
    package var vocabulary: VocabularyReport?
    /// From each layer to the next.
    package var transitions: [TransitionReport] = []
    package var cache: CacheReport?
    package var drift: DriftReport?
    /// Over the checkpoints of a training run.
    package var learning: LearningReport?

    package init(source: Source) { self.source = source }

    package struct Source: Codable, Sendable, Equatable {
        package var model: String
        /// What was read, in words: `text`, `trace offstage`, `trace megatron`, `training run` and so on.
        package var kind: String
        package var files: [String] = []
        package var texts: Int
        package var tokens: Int
        package var promptTokens: Int
        package var decodeTokens: Int
        package var visits: Int
        package var layers: Int
        package var experts: Int
        package var topK: Int
        /// What the reader should know, in whole sentences.
        package var remarks: [String] = []

        package init(_ table: RoutingTable, kind: String, files: [String] = []) {
            model = table.model
            self.kind = kind
            self.files = files
            texts = table.texts.count
            tokens = table.tokenCount
            decodeTokens = table.passes.reduce(0) { $0 + ($1.phase == .decode ? $1.tokens.count : 0) }
            promptTokens = tokens - decodeTokens
            visits = table.visitCount
            layers = table.layers.count
            experts = table.experts
            topK = table.topK
            remarks = table.remarks
        }
    }
}

/// Something that a person should know, and what it rests on.
package struct Finding: Codable, Sendable, Equatable {
    package enum Severity: String, Codable, Sendable { case alarm, notice, fine }

    package var severity: Severity
    /// `collapse`, `imbalance`, `balance`, `hot_set`, `specialization`, `transitions`, `drift`, `fluctuation`, …
    package var kind: String
    /// One sentence without a full stop.
    package var headline: String
    /// The numbers behind it, and what one could do. One or two sentences.
    package var detail: String

    package init(_ severity: Severity, _ kind: String, _ headline: String, detail: String) {
        self.severity = severity
        self.kind = kind
        self.headline = headline
        self.detail = detail
    }
}
