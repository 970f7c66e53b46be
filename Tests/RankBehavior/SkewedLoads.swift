import Ranks

/// Loads like those that training without a balance loss was seen to have.
package enum SkewedLoads {
    /// The busiest 1, 2, 4, 8 and 16 of 32 experts have 36, 55, 73, 90 and 98 in a hundred of 262,144 visits: the mean of 24
    /// layers that SmartMoE's authors recorded. The experts are shuffled, or one rank would have all the busy ones.
    package static func training(experts: Int, seed: Int = 0) -> [Int] {
        let shares = [(1, 0.36), (1, 0.19), (2, 0.18), (4, 0.17), (8, 0.08), (16, 0.02)]
        let loads = shares.flatMap { count, share in
            [Int](repeating: Int(262_144 * share / Double(count)), count: count)
        }
        precondition(experts == loads.count, "loads of \(loads.count) experts, not \(experts)")
        return shuffled(loads, seed)
    }

    /// Loads of which the busiest expert has about 1.73 times the mean: what LAER-MoE (2026) reports of 16 experts, top-4.
    package static func mild(experts: Int, seed: Int) -> [Int] {
        var numbers = SeededNumbers(seed)
        return (0..<experts).map { _ in 135 + numbers.below(1001) }
    }

    /// Each rank's visits when all have the same loads; the first ranks have what is left over.
    package static func visits(_ loads: [Int], ranks: Int) -> [[Int]] {
        (0..<ranks).map { rank in loads.map { $0 * (rank + 1) / ranks - $0 * rank / ranks } }
    }

    private static func shuffled(_ loads: [Int], _ seed: Int) -> [Int] {
        var (loads, numbers) = (loads, SeededNumbers(seed))
        for index in loads.indices.dropFirst() { loads.swapAt(index, numbers.below(index + 1)) }
        return loads
    }
}

/// A reproducible stream of small numbers.
package struct SeededNumbers {
    private var state: UInt64

    package init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 0x2545_F491_4F6C_DD1D }

    package mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
