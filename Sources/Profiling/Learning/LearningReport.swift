/// How the routes of the same tokens change while a router learns.
package struct LearningReport: Codable, Sendable, Equatable {
    package var steps: [Int]
    package var layers: [Layer]
    /// For each step: nats per token on the tokens that were looked at.
    package var losses: [Double]

    package struct Layer: Codable, Sendable, Equatable {
        package var layer: String
        /// Router saturation (Muennighoff et al., 2024, OLMoE, arXiv 2409.02060, section 5.1): for each step, the mean
        /// share of a token's experts that it also has at the last step. The last is 1.
        package var saturation: [Double]
        /// Routing fluctuation (Dai et al., 2022, StableMoE, arXiv 2204.08396): for each step but the first, the share
        /// of tokens whose first expert is not that of the step before.
        package var fluctuation: [Double]
        /// For each step, the share of tokens whose first expert is from then on that of the last step.
        package var settled: [Double]
        /// For each step, greatest load over the mean.
        package var maxOverMean: [Double]
        /// For each step, the mean share of a token's experts in training that it also has in generation; empty where
        /// both are the same by construction.
        package var agreement: [Double]
        /// For each step and choice rank, the share of choices that a capacity turned away in training; none for a step at
        /// which it turned none away.
        package var dropRates: [[Double]]
        package var intervals: Intervals?

        /// Of each of the numbers above, in the same places.
        package struct Intervals: Codable, Sendable, Equatable {
            package var saturation: [Interval?]
            package var fluctuation: [Interval?]
            package var settled: [Interval?]
            package var maxOverMean: [Interval?]
            package var agreement: [Interval?]
            package var dropRates: [[Interval?]]
        }
    }
}
