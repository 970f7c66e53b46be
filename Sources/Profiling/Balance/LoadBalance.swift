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
    /// Standard deviation over the mean: 0 when all are equal, √(E / k − 1) when all tokens are at the same k experts.
    public let coefficientOfVariation: Double
    /// Half the mean difference of two loads over the mean load: 0 when all are equal, 1 − k / E when all tokens are at the
    /// same k experts.
    public let gini: Double
    /// The entropy of the shares over ln E: 1 when all are equal, ln k / ln E when all tokens are at the same k experts.
    public let normalizedEntropy: Double
    /// exp of the entropy: as many experts with equal loads would have it; k when all tokens are at the same k.
    public let effectiveExperts: Double
    /// Experts that nobody visited.
    public let idleExperts: Int
    /// Whether this is no longer a mixture: most experts are left out.
    ///
    /// Between all tokens at the same k experts and equal loads, ``effectiveExperts`` has room from k to E. A layer is
    /// collapsed when it uses at most a quarter of that room (3.5 of 8 experts for k = 2, 38 of 128 for k = 8), or at most
    /// half of it while one expert sees seven in ten of all tokens. So a busiest expert at 2.3 times the mean of eight is
    /// no collapse as long as the others have work.
    ///
    /// Few tokens prove nothing: on one text of a hundred tokens, layers of good models with 128 experts use 20 to 80. It
    /// takes 64 visits per expert, with which chance alone leaves 99 % of the experts effective, 16 tokens per expert, and
    /// 512 tokens.
    public let isCollapsed: Bool

    /// - Parameters:
    ///   - loads: visits of each expert. Without any visit all is as if it were even, but for the idle experts.
    ///   - topK: experts that a token visits.
    public init(loads: [Int], topK: Int) { self.init(loads: loads, visitsPerToken: Double(topK)) }

    /// - Parameters:
    ///   - loads: visits of each expert. Without any visit all is as if it were even, but for the idle experts.
    ///   - visitsPerToken: the mean, where tokens visit different numbers of experts.
    public init(loads: [Int], visitsPerToken: Double) {
        precondition(
            !loads.isEmpty && loads.allSatisfy { $0 >= 0 } && visitsPerToken > 0,
            "loads \(loads), \(visitsPerToken) visits per token")
        let count = Double(loads.count)
        let total = Double(loads.reduce(0, +))
        let shares = loads.map { total > 0 ? Double($0) / total : 1 / count }
        maxOverMean = shares.max()! * count
        maxOverMeanCeiling = count / visitsPerToken
        minOverMean = shares.min()! * count
        maxViolation = maxOverMean - 1
        coefficientOfVariation = (shares.reduce(0) { $0 + ($1 * count - 1) * ($1 * count - 1) } / count).squareRoot()
        // Of sorted shares: Σ (2i − E − 1) × share_i / E, with i from 1.
        gini = shares.sorted().enumerated().reduce(0) { $0 + (Double(2 * $1.offset + 1) - count) * $1.element } / count
        let entropy = shares.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
        normalizedEntropy = loads.count > 1 ? entropy / log(count) : 1
        effectiveExperts = exp(entropy)
        idleExperts = loads.count { $0 == 0 }
        let tokens = total / visitsPerToken
        let isProven = total >= 64 * count && tokens >= 16 * count && tokens >= 512
        let used = (effectiveExperts - visitsPerToken) / max(count - visitsPerToken, 1)
        let hasMagnet = maxOverMean >= 0.7 * maxOverMeanCeiling
        isCollapsed = isProven && count > visitsPerToken && (used <= 0.25 || hasMagnet && used <= 0.5)
    }

    /// What ``coefficientOfVariation`` and ``gini`` can be at most.
    var coefficientOfVariationCeiling: Double { max(maxOverMeanCeiling - 1, 0).squareRoot() }
    var giniCeiling: Double { max(1 - 1 / maxOverMeanCeiling, 0) }

    enum CodingKeys: String, CodingKey {
        case maxOverMean = "max_over_mean"
        case maxOverMeanCeiling = "max_over_mean_ceiling"
        case minOverMean = "min_over_mean"
        case maxViolation = "max_violation"
        case coefficientOfVariation = "coefficient_of_variation"
        case gini
        case normalizedEntropy = "normalized_entropy"
        case effectiveExperts = "effective_experts"
        case idleExperts = "idle_experts"
        case isCollapsed = "is_collapsed"
    }
}
