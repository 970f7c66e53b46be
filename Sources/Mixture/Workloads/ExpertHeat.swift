import Tensors

/// How likely each expert is to be drawn, in whole numbers, so that every machine draws the same.
struct ExpertHeat {
    private var weights: [UInt64]

    /// Some are alike, the others are never drawn.
    init(experts: Int, among some: [Int]) {
        weights = Array(repeating: 0, count: experts)
        for expert in some { weights[expert] = 1 }
    }

    /// Some have a share of all draws among them, the first twice as much as the last; the others have the rest.
    ///
    /// - Parameters:
    ///   - hot: different experts.
    ///   - sixteenths: the share.
    init(experts: Int, hot: [Int], sixteenths: Int) {
        let cold = max(experts - hot.count, 1)
        let shares = hot.indices.map { hot.count > 1 ? 2 * (hot.count - 1) - $0 : 1 }
        weights = Array(repeating: UInt64((16 - sixteenths) * shares.reduce(0, +)), count: experts)
        for (expert, share) in zip(hot, shares) { weights[expert] = UInt64(share * sixteenths * cold) }
    }

    /// Appends different experts one after the other, each by its weight among those that are left (Plackett, 1975): what the
    /// k greatest of scores with Gumbel noise are, the greatest first.
    func draw(_ count: Int, with random: inout RandomNumbers, into chosen: inout [UInt16]) {
        let first = chosen.count
        var left = total
        for _ in 0..<count {
            var place = random.number(below: left)
            var expert = 0
            while true {
                let weight = chosen[first...].contains(UInt16(expert)) ? 0 : weights[expert]
                if place < weight { break }
                place -= weight
                expert += 1
            }
            chosen.append(UInt16(expert))
            left -= weights[expert]
        }
    }

    private var total: UInt64 { weights.reduce(0, +) }
}

extension RandomNumbers {
    /// A whole number below a limit. The standard library's way of making one may change, and the numbers with it.
    mutating func number<Number: FixedWidthInteger>(below limit: Number) -> Number {
        Number(next().multipliedFullWidth(by: UInt64(limit)).high)
    }

    mutating func shuffle<Element>(_ elements: inout [Element]) {
        for last in elements.indices.dropFirst().reversed() { elements.swapAt(last, number(below: last + 1)) }
    }
}
