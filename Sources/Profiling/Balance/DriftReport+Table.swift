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
        var divergences = [[LayerMean]](
            repeating: [LayerMean](repeating: LayerMean(), count: count), count: orders.count)
        var unevenness = [LayerMean](repeating: LayerMean(), count: count)
        for routes in table.routes {
            let loads = BlockLoads(blocks, routes: routes, experts: table.experts)
            var total = [Int](repeating: 0, count: table.experts)
            for block in 0..<blocks.count { loads.add(block, to: &total) }
            for (order, blocks) in orders.enumerated() {
                for window in 0..<count {
                    var load = [Int](repeating: 0, count: table.experts)
                    for block in blocks[window * perWindow..<(window + 1) * perWindow] { loads.add(block, to: &load) }
                    if let divergence = divergence(of: load, fromRestOf: total) {
                        divergences[order][window].add(divergence)
                    }
                    if order == 0, let most = load.max(), most > 0 {
                        unevenness[window].add(Double(most * load.count) / Double(load.reduce(0, +)))
                    }
                }
            }
        }
        windows = (0..<count).map { window in
            let first = blocks.starts[window * perWindow]
            return Window(
                firstToken: first, tokens: blocks.starts[(window + 1) * perWindow] - first,
                divergence: divergences[0][window].value, maxOverMean: unevenness[window].value)
        }
        let shuffled = divergences.dropFirst().joined().map(\.value).sorted()
        shuffledMean = shuffled.reduce(0, +) / Double(shuffled.count)
        shuffledHigh = shuffled.percentile(95)
    }

    /// The true one, and 20 by chance.
    private static func orders(of blocks: Int) -> [[Int]] {
        var random = SeededRandom(seed: 6)
        return [Array(0..<blocks)] + (0..<20).map { _ in (0..<blocks).shuffled(using: &random) }
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

/// Jensen–Shannon divergence in bits (Lin, 1991), both sides counting alike; nil where one side has no visits.
private func divergence(of load: [Int], fromRestOf total: [Int]) -> Double? {
    let visits = load.reduce(0, +)
    let rest = total.reduce(0, +) - visits
    guard visits > 0, rest > 0 else { return nil }
    var sum = 0.0
    for (load, total) in zip(load, total) {
        let here = Double(load) / Double(visits)
        let elsewhere = Double(total - load) / Double(rest)
        let mean = (here + elsewhere) / 2
        if here > 0 { sum += here * log2(here / mean) }
        if elsewhere > 0 { sum += elsewhere * (here > 0 ? log2(elsewhere / mean) : 1) }
    }
    return min(max(sum / 2, 0), 1)
}
