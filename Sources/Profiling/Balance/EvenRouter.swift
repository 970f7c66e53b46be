#if canImport(Glibc)
    import Glibc
#endif

/// A router without any preference, simulated: what few visits look like when nothing is wrong.
///
/// Every token draws as many different experts as it visits in the trace. With 50 visits per expert and more (20,000 in
/// all at least), loads are drawn as what they then nearly are, normal with the same variance and the same sum. Layers in
/// which as many tokens visit as many experts share a simulation.
struct EvenRouter {
    private let experts: Int
    private var simulated: [[Int]: LayerReport.Chance] = [:]

    init(experts: Int) { self.experts = experts }

    mutating func chance(for routes: RoutingTable.Routes) -> LayerReport.Chance {
        var tokens = [0]  // with 0, 1, 2 … visits
        for token in 0..<routes.starts.count - 1 {
            let visits = routes.visits(of: token).count
            while tokens.count <= visits { tokens.append(0) }
            tokens[visits] += 1
        }
        tokens[0] = 0
        if let known = simulated[tokens] { return known }
        let chance = simulation(of: tokens)
        simulated[tokens] = chance
        return chance
    }

    private func simulation(of tokens: [Int]) -> LayerReport.Chance {
        let visits = tokens.indices.reduce(0) { $0 + $1 * tokens[$1] }
        let perToken = Double(max(visits, 1)) / Double(max(tokens.reduce(0, +), 1))
        let isExact = visits < max(50 * experts, 20_000)
        let repetitions = isExact ? min(max(1_000_000 / max(visits, 1), 4), 64) : 64
        var random = SeededRandom(seed: 2)
        var order = (0..<experts).map { UInt16($0) }
        let balances = (0..<repetitions).map { _ in
            let loads =
                isExact ? draw(tokens, order: &order, using: &random) : drawNormal(tokens, visits, using: &random)
            return LoadBalance(loads: loads, visitsPerToken: perToken)
        }
        func mean(_ measure: (LoadBalance) -> Double) -> Double {
            balances.reduce(0) { $0 + measure($1) } / Double(repetitions)
        }
        return LayerReport.Chance(
            maxOverMean: mean(\.maxOverMean), cv: mean(\.coefficientOfVariation), gini: mean(\.gini),
            entropy: mean(\.normalizedEntropy), deadExperts: mean { Double($0.idleExperts) })
    }

    /// The first of a shuffle (Fisher and Yates), begun anew from wherever the last one ended.
    private func draw(_ tokens: [Int], order: inout [UInt16], using random: inout SeededRandom) -> [Int] {
        var loads = [Int](repeating: 0, count: experts)
        for (visits, count) in tokens.enumerated() {
            for _ in 0..<count {
                for place in 0..<visits {
                    order.swapAt(place, Int.random(in: place..<experts, using: &random))
                    loads[Int(order[place])] += 1
                }
            }
        }
        return loads
    }

    private func drawNormal(_ tokens: [Int], _ visits: Int, using random: inout SeededRandom) -> [Int] {
        let count = Double(experts)
        let variance = tokens.enumerated().reduce(0) { sum, entry in
            let share = Double(entry.offset) / count
            return sum + Double(entry.element) * share * (1 - share)
        }
        let deviations = (0..<experts).map { _ in Double.normal(using: &random) }
        let mean = deviations.reduce(0, +) / count
        let scale = (variance * count / max(count - 1, 1)).squareRoot()
        return deviations.map { max(0, Int((Double(visits) / count + ($0 - mean) * scale).rounded())) }
    }
}

extension Double {
    /// Normal with mean 0 and variance 1 (Box and Muller, 1958).
    fileprivate static func normal(using random: inout SeededRandom) -> Double {
        let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &random))).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
    }
}
