/// From a layer to the next: whether one knows where a token goes by where it comes from.
package struct TransitionReport: Codable, Sendable, Equatable {
    package var from: String
    package var to: String
    /// I(expert before; expert after) in nats over pairs of visits of the same token.
    package var mutualInformation: Double
    /// The share of the next layer's visits among as many guesses as a token has visits there; learned on the first
    /// half of the tokens and counted on the second. By the experts before, by popularity alone, and by chance. 0 where
    /// there is nothing to learn from.
    package var recall: Double
    package var popularityRecall: Double
    package var chanceRecall: Double
    package var intervals: Intervals?
    /// `[E][E]` tokens; left out above ``CoActivationReport/greatestMatrix`` experts.
    package var counts: [[Int]]?
    /// Up to ten that add most to the mutual information, the first most.
    package var top: [Step]

    package struct Intervals: Codable, Sendable, Equatable {
        /// Of the counted value, with what chance adds to it.
        package var mutualInformation: Interval?
        package var recall: Interval?
        package var popularityRecall: Interval?
        /// Of ``recall`` less ``popularityRecall``, both being of the same tokens.
        package var gain: Interval?
    }

    package struct Step: Codable, Sendable, Equatable {
        package var first: Int
        package var second: Int
        package var count: Int
        /// P(second | first).
        package var probability: Double
        /// Of ``probability``.
        package var interval: Interval?
    }
}
