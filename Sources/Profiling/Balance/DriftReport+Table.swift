#if canImport(Glibc)
    import Glibc
#endif

extension DriftReport {
    /// Up to 40 windows of as many tokens, 64 or more, in the order of the trace. Nil for fewer than four.
    ///
    /// What is shuffled, 20 times, are 4 to 16 blocks of each window, of 16 tokens or more.
    package init?(_ table: RoutingTable) {
        let count = min(table.tokenCount / 64, 40)
        guard count >= 4 else { return nil }
        let perWindow = min(max(table.tokenCount / count / 16, 4), 16)
        let blocks = TokenBlocks(Array(0..<Int32(table.tokenCount)), count: count * perWindow)
        let orders = Self.orders(of: blocks.count)
        var measured = [[WindowMeans]](
            repeating: [WindowMeans](repeating: WindowMeans(), count: count), count: orders.count)
        var scratch = [Int](repeating: 0, count: table.experts)
        for routes in table.routes {
            let loads = BlockLoads(blocks, routes: routes, experts: table.experts)
            var total = [Int](repeating: 0, count: table.experts)
            for block in 0..<blocks.count { loads.add(block, to: &total) }
            let visits = total.reduce(0, +)
            for (order, blocks) in orders.enumerated() {
                for window in 0..<count {
                    let part = blocks[window * perWindow..<(window + 1) * perWindow]
                    let load = WindowLoad(part, of: loads, into: &scratch)
                    measured[order][window].add(load, total: total, visits: visits)
                }
            }
        }
        windows = (0..<count).map { window in
            let first = blocks.starts[window * perWindow]
            return Window(
                firstToken: first, tokens: blocks.starts[(window + 1) * perWindow] - first,
                divergence: measured[0][window].divergence.value, maxOverMean: measured[0][window].maxOverMean.value)
        }
        let shuffled = measured.dropFirst().joined().map(\.divergence.value).sorted()
        shuffledMean = shuffled.reduce(0, +) / Double(shuffled.count)
        shuffledHigh = shuffled.percentile(95)
    }

    /// How many differ from the others more than one in twenty shuffled ones.
    var windowsBeyondChance: Int { windows.count { $0.divergence > shuffledHigh } }

    /// The true one, and 20 by chance.
    private static func orders(of blocks: Int) -> [[Int]] {
        var random = SeededRandom(seed: 6)
        return [Array(0..<blocks)] + (0..<20).map { _ in (0..<blocks).shuffled(using: &random) }
    }
}

/// Of one window, over the layers.
private struct WindowMeans {
    private(set) var divergence = LayerMean()
    private(set) var maxOverMean = LayerMean()

    mutating func add(_ load: WindowLoad, total: [Int], visits: Int) {
        if let value = load.divergence(fromRestOf: total, visits: visits) { divergence.add(value) }
        if load.visits > 0 { maxOverMean.add(Double(load.greatest * total.count) / Double(load.visits)) }
    }
}

private struct LayerMean {
    private var sum = 0.0
    private var count = 0.0

    /// 0 without any layer.
    var value: Double { count > 0 ? sum / count : 0 }

    mutating func add(_ value: Double) {
        sum += value
        count += 1
    }
}

/// The visits of a window to the experts that have any.
private struct WindowLoad {
    private var load: [(expert: Int, visits: Int)] = []
    private(set) var visits = 0
    private(set) var greatest = 0

    /// - Parameter scratch: a zero for each expert, and so it is left.
    init(_ blocks: ArraySlice<Int>, of loads: BlockLoads, into scratch: inout [Int]) {
        for block in blocks { loads.add(block, to: &scratch) }
        for block in blocks {
            for expert in loads.experts(of: block) where scratch[Int(expert)] > 0 {
                load.append((Int(expert), scratch[Int(expert)]))
                visits += scratch[Int(expert)]
                greatest = max(greatest, scratch[Int(expert)])
                scratch[Int(expert)] = 0
            }
        }
    }

    /// Jensen–Shannon divergence in bits (Lin, 1991), both sides counting alike; nil where one side has no visits.
    func divergence(fromRestOf total: [Int], visits all: Int) -> Double? {
        let rest = all - visits
        guard visits > 0, rest > 0 else { return nil }
        var sum = 0.0
        var shared = 0
        for (expert, visited) in load {
            let here = Double(visited) / Double(visits)
            let elsewhere = Double(total[expert] - visited) / Double(rest)
            let mean = (here + elsewhere) / 2
            sum += here * log2(here / mean)
            if elsewhere > 0 { sum += elsewhere * log2(elsewhere / mean) }
            shared += total[expert] - visited
        }
        // An expert visited only elsewhere adds its share, log2 2 being 1.
        sum += Double(rest - shared) / Double(rest)
        return min(max(sum / 2, 0), 1)
    }
}
