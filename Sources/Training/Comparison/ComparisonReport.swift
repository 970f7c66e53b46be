/// What came of a comparison: for each router the mean over the seeds and how far they lie apart.
package struct ComparisonReport: Codable, Sendable {
    package var routers: [Router]
    /// Every run by itself, with its curves.
    package var runs: [Run]

    package struct Run: Codable, Sendable {
        package var variant: String
        package var report: TrainingReport
        package var entries: [LogEntry]
    }

    package struct Router: Codable, Sendable {
        package var variant: String
        package var seeds: Int
        /// Nats per token, as a generated text meets the router.
        package var validationLoss: Spread
        /// With the decisions taken while learning, where those look ahead.
        package var validationLossTrainingForm: Spread?
        /// Of expert choice, without its thresholds.
        package var validationLossTopK: Spread?
        package var trainLoss: Spread
        /// The greatest load over the mean of each layer, averaged over the layers; and of the worst layer.
        package var maxOverMean: Spread
        package var worstMaxOverMean: Spread
        package var dropRate: Double
        package var fluctuation: Spread
        package var lateFluctuation: Spread
        package var tokensPerSecond: Double
        package var parameters: Int
        package var activeParameters: Int
    }

    /// A mean over the seeds, and their standard deviation (0 for one seed).
    package struct Spread: Codable, Sendable, Equatable {
        package var mean: Double
        package var deviation: Double

        package init(_ values: [Double]) {
            let count = Double(max(values.count, 1))
            let mean = values.reduce(0, +) / count
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            self.mean = mean
            deviation = values.count > 1 ? (squares / (count - 1)).squareRoot() : 0
        }
    }

    init(_ runs: [Run]) {
        self.runs = runs
        var labels: [String] = []
        for run in runs where !labels.contains(run.variant) { labels.append(run.variant) }
        routers = labels.map { label in Router(label, runs.filter { $0.variant == label }.map(\.report)) }
    }
}

extension ComparisonReport.Router {
    fileprivate init(_ variant: String, _ reports: [TrainingReport]) {
        func spread(_ value: (TrainingReport) -> Double) -> ComparisonReport.Spread { .init(reports.map(value)) }
        let withoutThresholds = reports.compactMap(\.validationLossTopK)
        let lookingAhead = reports.compactMap(\.validationLossTrainingForm)
        self.init(
            variant: variant, seeds: reports.count, validationLoss: spread(\.validationLoss),
            validationLossTrainingForm: lookingAhead.isEmpty ? nil : .init(lookingAhead),
            validationLossTopK: withoutThresholds.isEmpty ? nil : .init(withoutThresholds),
            trainLoss: spread(\.trainLoss),
            maxOverMean: spread { $0.layers.reduce(0) { $0 + $1.maxOverMean } / Double(max($0.layers.count, 1)) },
            worstMaxOverMean: spread { $0.layers.map(\.maxOverMean).max() ?? 0 },
            dropRate: spread(\.dropRate).mean, fluctuation: spread(\.fluctuation),
            lateFluctuation: spread(\.lateFluctuation), tokensPerSecond: spread(\.tokensPerSecond).mean,
            parameters: reports[0].parameters, activeParameters: reports[0].activeParameters)
    }
}
