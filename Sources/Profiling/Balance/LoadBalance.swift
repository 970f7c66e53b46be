#if canImport(Glibc)
    import Glibc
#endif

/// How evenly the experts of a layer share the work, from the visits that each had.
public struct LoadBalance: Codable, Sendable, Equatable {
    /// The greatest load over the mean one: 1 when all are equal, at most ``maxOverMeanCeiling``.
    public let maxOverMean: Double
    /// E / k: all tokens at the same k experts.
    public let maxOverMeanCeiling: Double
    /// The least load over the mean one.
    public let minOverMean: Double
    /// ``maxOverMean`` − 1: by how much the busiest expert is overloaded (Wang et al., 2024, arXiv 2408.15664).
    public let maxViolation: Double
    /// Standard deviation over the mean.
    public let coefficientOfVariation: Double
    /// Half the mean difference of two loads over the mean load: 0 when all are equal, (E − 1) / E at one expert.
    public let gini: Double
    /// The entropy of the shares over ln E: 1 when all are equal, 0 at one expert.
    public let normalizedEntropy: Double
    /// Experts that nobody visited.
    public let idleExperts: Int

    /// - Parameters:
    ///   - loads: visits of each expert. Without any visit all is as if it were even, but for the idle experts.
    ///   - topK: experts that a token visits.
    public init(loads: [Int], topK: Int) {
        precondition(!loads.isEmpty && loads.allSatisfy { $0 >= 0 } && topK > 0, "loads \(loads), top \(topK)")
        let count = Double(loads.count)
        let total = Double(loads.reduce(0, +))
        let shares = loads.map { total > 0 ? Double($0) / total : 1 / count }
        maxOverMean = shares.max()! * count
        maxOverMeanCeiling = count / Double(topK)
        minOverMean = shares.min()! * count
        maxViolation = maxOverMean - 1
        coefficientOfVariation = (shares.reduce(0) { $0 + ($1 * count - 1) * ($1 * count - 1) } / count).squareRoot()
        // Of sorted shares: Σ (2i − E − 1) × share_i / E, with i from 1.
        gini = shares.sorted().enumerated().reduce(0) { $0 + (Double(2 * $1.offset + 1) - count) * $1.element } / count
        let entropy = shares.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
        normalizedEntropy = loads.count > 1 ? entropy / log(count) : 1
        idleExperts = loads.count { $0 == 0 }
    }

    enum CodingKeys: String, CodingKey {
        case maxOverMean = "max_over_mean"
        case maxOverMeanCeiling = "max_over_mean_ceiling"
        case minOverMean = "min_over_mean"
        case maxViolation = "max_violation"
        case coefficientOfVariation = "coefficient_of_variation"
        case gini
        case normalizedEntropy = "normalized_entropy"
        case idleExperts = "idle_experts"
    }
}
