/// What memory for some of the experts would be worth.
///
/// The experts of all layers count as one pool, every one of the same size, and tokens that pass a layer together ask
/// for each of their experts once.
package struct CacheReport: Codable, Sendable, Equatable {
    /// Requests: one for each expert that a pass visits in a layer.
    package var requests: Int
    /// Those that were replayed, from the first on.
    package var replayed: Int
    /// Whether hits are those of tokens that were written alone, reading having filled the cache, or of all.
    package var counts: Counted
    /// Replayed requests that count, and those among them for an expert that nobody had asked for before: no cache has
    /// them.
    package var counted: Int
    package var firstRequests: Int
    /// Layers × experts of each.
    package var experts: Int
    /// Experts that one token visits in all layers: with much less room, one that is kept for having been used of late is gone
    /// before the next token asks for it.
    package var cycle: Int
    /// Bytes of one expert, the mean over the layers, where it is known.
    package var expertBytes: Double?
    package var points: [Point]
    /// How many different experts were asked for between two requests for the same, of requests that count.
    package var reuseDistances: [Bucket]
    package var workingSet: [WorkingSet]
    package var hotSet: HotSet

    package enum Counted: String, Codable, Sendable { case decode, all }

    /// Hit rates at one size.
    package struct Point: Codable, Sendable, Equatable {
        /// Experts that fit, and their share of all.
        package var capacity: Int
        package var share: Double
        package var bytes: Double?
        /// Least recently used.
        package var lru: Double
        /// The best there can be: what is needed latest goes (Belady, 1966).
        package var belady: Double
        /// Those that the first half of the tokens asked for most, kept for good; counted on the second half.
        package var pinned: Double
        /// Over blocks of whole passes; nil for fewer than 96 tokens that count, or eight passes.
        package var intervals: Intervals?

        package struct Intervals: Codable, Sendable, Equatable {
            package var lru: Interval?
            package var belady: Interval?
            /// Those that the first half chose being given; nil for too little in the second.
            package var pinned: Interval?
        }
    }

    package struct Bucket: Codable, Sendable, Equatable {
        /// Distances from here to the next bucket, which begins at twice as many, or at 1 after 0.
        package var from: Int
        package var requests: Int
        /// Of its share of the requests for experts that had been asked for before.
        package var interval: Interval?
    }

    /// Different experts in as many tokens that follow each other (Denning, 1968).
    package struct WorkingSet: Codable, Sendable, Equatable {
        package var tokens: Int
        package var experts: Double
        package var share: Double
        /// Of ``share``; nil where the table has fewer than eight stretches of twice as many tokens.
        package var interval: Interval?
    }

    /// Whether a few experts do most of the work: the least share of the experts that has half, 80 % and 90 % of the
    /// visits.
    package struct HotSet: Codable, Sendable, Equatable {
        package var half: Double
        package var eighty: Double
        package var ninety: Double
        /// The share of the visits that the busiest tenth of the experts has; a tenth when all are alike.
        package var busiestTenth: Double
        /// The same when the busiest tenth is chosen by the first half of the tokens and counted on the second.
        package var busiestTenthLater: Double
        /// Nil for fewer than 96 tokens, or more than 65,536 experts in all.
        package var intervals: Intervals?

        package struct Intervals: Codable, Sendable, Equatable {
            package var half: Interval?
            package var eighty: Interval?
            package var ninety: Interval?
            package var busiestTenth: Interval?
            /// Those that the first half chose being given.
            package var busiestTenthLater: Interval?
        }
    }
}
