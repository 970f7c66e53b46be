/// How one layer spreads its work. What the measures are is said at ``LoadBalance``.
package struct LayerReport: Codable, Sendable, Equatable {
    package var layer: String
    /// Visits of every expert over all phases, idle ones included.
    package var load: [Int]
    /// The same of tokens that were read, and of those that were written; without intervals, which ``load`` has.
    package var promptLoad: [Int]
    package var decodeLoad: [Int]
    package var visits: Int
    package var maxOverMean: Double
    package var maxOverMeanCeiling: Double
    package var minOverMean: Double
    package var maxViolation: Double
    package var cv: Double
    package var gini: Double
    /// Normalized: 1 when all are equal.
    package var entropy: Double
    /// exp of the entropy: as many experts with equal loads would have it.
    package var effectiveExperts: Double
    /// Experts without any visit.
    package var deadExperts: Int
    /// Whether this is no longer a mixture; ``LoadBalance`` says from when on.
    package var isCollapsed: Bool
    package var ceilings: Ceilings?
    package var intervals: Intervals
    package var chance: Chance
    /// For each rank, from the first choice on, the share of choices that a capacity turned away; empty where none was.
    package var dropRates: [Double]
    package var gate: GateReport?
    /// Nil where tokens visit one expert.
    package var coActivation: CoActivationReport?

    /// What measures are at most: where the loads are even for entropy and effective experts, for the others where all tokens
    /// visit the same experts. Of max/mean it is ``maxOverMeanCeiling``.
    package struct Ceilings: Codable, Sendable, Equatable {
        package var maxViolation: Double
        package var cv: Double
        package var gini: Double
        package var entropy: Double
        package var effectiveExperts: Double
        package var deadExperts: Double
    }

    /// Bootstrap over contiguous blocks of tokens, since neighbors are alike (Carlstein, 1986). Nil for too few tokens.
    package struct Intervals: Codable, Sendable, Equatable {
        /// For each expert, of its visits among as many tokens.
        package var load: [Interval]?
        package var maxOverMean: Interval?
        package var minOverMean: Interval?
        package var maxViolation: Interval?
        package var cv: Interval?
        package var gini: Interval?
        package var entropy: Interval?
        package var effectiveExperts: Interval?
        package var deadExperts: Interval?
        /// For each rank; null for one that few tokens chose at all. Nil where it is not known whose choices were dropped.
        package var dropRates: [Interval?]?
    }

    /// What a router without any preference would show of as many tokens, on average: few visits look uneven.
    package struct Chance: Codable, Sendable, Equatable {
        package var maxOverMean: Double
        package var cv: Double
        package var gini: Double
        package var entropy: Double
        package var deadExperts: Double
    }
}

/// How sure a layer's gate is, as means over its tokens.
package struct GateReport: Codable, Sendable, Equatable {
    package enum Basis: String, Codable, Sendable {
        /// The softmax of the scores of all experts.
        case allExperts = "all_experts"
        /// The weights of the chosen experts, made to sum to 1.
        case chosenExperts = "chosen_experts"
    }

    package var basis: Basis
    package var confidence: Double
    package var margin: Double
    /// Over its greatest: ln of the experts that it is about.
    package var entropy: Double
    /// How many tokens have a confidence in each tenth from 0 to 1.
    package var confidenceHistogram: [Int]
    package var intervals: Intervals?

    package struct Intervals: Codable, Sendable, Equatable {
        package var confidence: Interval?
        package var margin: Interval?
        package var entropy: Interval?
    }
}

/// Which experts of a layer are visited by the same tokens.
package struct CoActivationReport: Codable, Sendable, Equatable {
    /// P(j | i) when the k experts are drawn without preference: (k − 1) / (E − 1).
    package var chance: Double
    /// Of all pairs that a token visits.
    package var allPairs: Pairs
    /// Only of pairs of neighboring ranks, as OLMoE's published analysis counts them; smaller for k above 2.
    package var adjacentRanks: Pairs

    package struct Pairs: Codable, Sendable, Equatable {
        /// `[E][E]`, symmetric, the diagonal being visits; left out above ``CoActivationReport/greatestMatrix`` experts.
        package var counts: [[Int]]?
        /// The mean over experts of the greatest P(j | i), weighted by their visits.
        package var strongest: Double
        /// Of ``strongest``, allowing for partners being the strongest by chance as well.
        package var interval: Interval?
        /// The pairs that come together most beyond chance, the strongest first.
        package var top: [Pair]
    }

    package struct Pair: Codable, Sendable, Equatable {
        package var first: Int
        package var second: Int
        package var count: Int
        /// P(second | first), first being the one with fewer visits.
        package var probability: Double
        /// The count over the one that independent experts with these loads would have.
        package var lift: Double
        package var intervals: Intervals?

        package struct Intervals: Codable, Sendable, Equatable {
            package var probability: Interval?
            package var lift: Interval?
        }
    }

    /// Matrices of more experts are not written out.
    package static let greatestMatrix = 64
}

/// The same measure in all layers: percentiles, as asked for in training logs.
package struct AcrossLayers: Codable, Sendable, Equatable {
    package struct Percentiles: Codable, Sendable, Equatable {
        package var p50: Double
        package var p75: Double
        package var p90: Double
        package var p95: Double
        package var min: Double
        package var max: Double
        /// Nil where a layer has too few tokens for one.
        package var intervals: Intervals?

        package struct Intervals: Codable, Sendable, Equatable {
            package var p50: Interval
            package var p75: Interval
            package var p90: Interval
            package var p95: Interval
            package var min: Interval
            package var max: Interval
        }
    }

    package var maxOverMean: Percentiles
    package var cv: Percentiles
    package var gini: Percentiles
    package var entropy: Percentiles
    package var effectiveExperts: Percentiles
    package var deadExperts: Percentiles
}

/// What experts have to do with kinds of text.
package struct DomainReport: Codable, Sendable, Equatable {
    package var names: [String]
    /// Tokens of each domain.
    package var tokens: [Int]
    /// What the labels were shuffled among.
    package var shuffled: Shuffled?
    package var layers: [Layer]

    /// Segments, parts of one text, tell only that these texts differ, which they may do within a domain as well.
    package enum Shuffled: String, Codable, Sendable { case texts, segments }

    package struct Layer: Codable, Sendable, Equatable {
        package var layer: String
        /// `[domains][E]`: visits; what is said of them, and has an interval, is their information.
        package var load: [[Int]]
        package var information: Information
    }
}

/// How much an expert tells of a token's kind, held against labels that were shuffled.
package struct Information: Codable, Sendable, Equatable {
    /// I(expert; label) in nats, of the counts as they are (too high for few tokens, hence the shuffling).
    package var mutualInformation: Double
    /// Of the counted value, with what chance adds to it, which the shuffled labels tell.
    package var interval: Interval?
    /// Over the entropy of the labels: 1 when an expert gives the label away.
    package var normalized: Double
    /// The mean over shuffled labels, and what one in a hundred of them exceeds.
    package var shuffledMean: Double
    package var shuffledHigh: Double
    /// The share of shuffled labelings, this one counted among them, that reach it.
    package var pValue: Double
}

/// What experts have to do with single tokens.
package struct VocabularyReport: Codable, Sendable, Equatable {
    /// Different ids.
    package var distinctTokens: Int
    package var layers: [Layer]
    /// What the experts' favorites look like, ascending by id, where there is a vocabulary to look them up in.
    package var pieces: [Piece]?

    package struct Piece: Codable, Sendable, Equatable {
        package var id: Int
        package var text: String
    }

    package struct Layer: Codable, Sendable, Equatable {
        package var layer: String
        /// With the token that is read, and with the one that follows it in the text.
        package var input: Information
        package var next: Information
        /// The mean over tokens, by how often they come, of the greatest share of a token's visits that one expert has.
        package var inputShare: Double
        package var nextShare: Double
        package var intervals: Intervals?
        /// For each expert the ids that it sees most beyond its share, the most telling first; left out above
        /// ``CoActivationReport/greatestMatrix`` experts.
        package var favorites: [[Int]]?

        /// Every token's favorite expert being given.
        package struct Intervals: Codable, Sendable, Equatable {
            package var inputShare: Interval?
            package var nextShare: Interval?
        }
    }
}

/// How loads change from the beginning of the trace to its end.
package struct DriftReport: Codable, Sendable, Equatable {
    package var windows: [Window]
    /// The divergence that windows of the same size have when tokens' blocks are shuffled: mean, and what one in twenty
    /// exceeds.
    package var shuffledMean: Double
    package var shuffledHigh: Double

    package struct Window: Codable, Sendable, Equatable {
        package var firstToken: Int
        package var tokens: Int
        /// Jensen–Shannon divergence, in bits (0 to 1), between the window's load and that of all others; mean of the layers.
        package var divergence: Double
        /// Of ``divergence``, with what chance adds to it, which the shuffled blocks tell.
        package var interval: Interval?
        /// Mean of the layers. It has no interval: in so few tokens chance makes most of it.
        package var maxOverMean: Double
    }
}
