import Foundation
import Tensors

/// Loads from one token to many, from even to lopsided, drawn from a seed: to hold predictions against measurements.
package struct LoadSweep {
    package let experts: Int
    package let expertsPerToken: Int
    package let seed: UInt64

    package init(experts: Int, expertsPerToken: Int, seed: UInt64) {
        self.experts = experts
        self.expertsPerToken = expertsPerToken
        self.seed = seed
    }

    /// Exponents of the experts' popularity: the n-th is visited in proportion to n to the power of minus this.
    package static let skews = [0.0, 0.5, 1, 2]

    /// Each token's experts, all different, drawn by popularity.
    package func assignment(tokens: Int, skew: Double) -> Assignment {
        var random = RandomNumbers(seed: seed, stream: UInt64(tokens) << 8 ^ UInt64(skew * 16))
        let popularity = (1...experts).map { pow(Double($0), -skew) }
        var visits: [Assignment.Visit] = []
        for token in 0..<tokens {
            var left = popularity
            for slot in 0..<expertsPerToken {
                let expert = Self.draw(left, &random)
                left[expert] = 0
                visits.append(
                    Assignment.Visit(token: token, slot: slot, expert: expert, weight: 1 / Float(expertsPerToken)))
            }
        }
        return Assignment(visits, tokens: tokens, experts: experts)
    }

    private static func draw(_ weights: [Double], _ random: inout RandomNumbers) -> Int {
        var rest = Double.random(in: 0..<weights.reduce(0, +), using: &random)
        for (index, weight) in weights.enumerated() where weight > 0 {
            rest -= weight
            if rest < 0 { return index }
        }
        return weights.lastIndex { $0 > 0 }!
    }
}
