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
        var influences = [BlockInfluences](repeating: BlockInfluences(blocks: perWindow), count: count)
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
                    if order == 0 { influences[window].add(part, of: loads, in: load, total: total, visits: visits) }
                }
            }
        }
        windows = (0..<count).map { window in
            let first = blocks.starts[window * perWindow]
            let divergence = measured[0][window].divergence
            return Window(
                firstToken: first, tokens: blocks.starts[(window + 1) * perWindow] - first,
                divergence: divergence.value,
                interval: influences[window].interval(around: divergence, windows: count),
                maxOverMean: measured[0][window].maxOverMean.value)
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
    private(set) var count = 0.0

    /// 0 without any layer.
    var value: Double { count > 0 ? sum / count : 0 }

    mutating func add(_ value: Double) {
        sum += value
        count += 1
    }
}

/// How much each block of a window adds to its divergence, or takes from it, beyond its share of the visits.
private struct BlockInfluences {
    private var sums: [Double]

    init(blocks: Int) { sums = [Double](repeating: 0, count: blocks) }

    /// A layer: the derivative of the divergence by the share of expert e is ½ log2(p(e) / m(e)), and a constant that is
    /// the same for all.
    mutating func add(_ blocks: ArraySlice<Int>, of loads: BlockLoads, in load: WindowLoad, total: [Int], visits: Int) {
        let rest = visits - load.visits
        guard load.visits > 0, rest > 0 else { return }
        var derivatives = [Double](repeating: 0, count: total.count)
        var mean = 0.0
        for (expert, visited) in load.load {
            let here = Double(visited) / Double(load.visits)
            let elsewhere = Double(total[expert] - visited) / Double(rest)
            derivatives[expert] = 0.5 * log2(2 * here / (here + elsewhere))
            mean += here * derivatives[expert]
        }
        for (place, block) in blocks.enumerated() {
            loads.forEach(block) { expert, visited in
                sums[place] += Double(visited) * (derivatives[expert] - mean) / Double(load.visits)
            }
        }
    }

    /// Student's t by the variance of the influences. The load of the rest is a sample too, as many times as large as there
    /// are other windows.
    func interval(around divergence: LayerMean, windows: Int) -> Interval? {
        guard divergence.count > 0 else { return nil }
        let blocks = Double(sums.count)
        let variance = sums.reduce(0) { $0 + $1 * $1 } * blocks / (blocks - 1) * Double(windows) / Double(windows - 1)
        let half = Self.studentsT[sums.count - 4] * variance.squareRoot() / divergence.count
        return Interval(low: max(divergence.value - half, 0), high: min(divergence.value + half, 1))
    }

    /// The 97.5th percentile of the distribution for 4 to 16 blocks.
    private static let studentsT = [
        3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    ]
}

/// The visits of a window to the experts that have any.
private struct WindowLoad {
    private(set) var load: [(expert: Int, visits: Int)] = []
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
