package import Mixture

/// How a run ended.
package struct TrainingReport: Codable, Sendable {
    package var name: String
    package var router: String
    package var seed: UInt64
    package var steps: Int
    /// Nats per token on all of the validation part, as a generated text meets the routers.
    package var validationLoss: Double
    /// The same with the decisions taken while learning, for routers whose training form looks ahead.
    package var validationLossTrainingForm: Double?
    /// Of expert choice: the loss if generation let every token visit its best experts instead of going by thresholds.
    package var validationLossTopK: Double?
    package var validationLossByDomain: [String: Double]
    /// What no model could be below, where the generator of a domain knows it, in nats per token.
    package var entropyByDomain: [String: Double]
    package var bestValidationLoss: Double
    /// Mean cross-entropy of the last tenth of the steps.
    package var trainLoss: Double
    package var tokensPerSecond: Double
    package var seconds: Double
    package var parameters: Int
    /// Those that a token meets.
    package var activeParameters: Int
    package var dropRate: Double
    /// The mean share of probe tokens whose first expert changed from one look to the next, over layers and looks.
    package var fluctuation: Double
    /// The same over the last fifth of the looks.
    package var lateFluctuation: Double
    /// Balance on the validation part, as a generated text meets the routers.
    package var layers: [Layer]
    package var secondsByPart: [String: Double]
    package var checkpoint: String
    /// What each rank had and did; nil where there was but one program.
    package var ranks: [RankShare]?
    /// Why each layer's experts were computed by the ranks as they were; nil where there was no choice.
    package var overRanks: [LayerExplanation]?

    package struct Layer: Codable, Sendable {
        package var load: [Int]
        package var maxOverMean: Double
        package var cv: Double
        package var gini: Double
        package var entropy: Double
        /// The mean share of probe tokens whose first expert changed from one look to the next.
        package var fluctuation: Double
    }
}
