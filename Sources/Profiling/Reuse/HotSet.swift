extension CacheReport.HotSet {
    /// Larger pools have no intervals.
    static let mostResampled = 1 << 16

    /// Intervals are those of blocks of all tokens, up to 100 of a small pool, and 16 of a large one.
    init(_ table: RoutingTable) {
        let pool = table.layers.count * table.experts
        let most = pool <= Self.mostResampled ? BlockResampling(tokens: table.tokenCount)?.blocks : nil
        // An even number, so that the second half begins with a block.
        let blocks = most.map { min($0, max(1 << 20 / max(1, pool), 16)) & ~1 }
        let loads = PoolLoads(table, blocks: blocks ?? 2)
        let middle = loads.blocks / 2
        let first = loads.sum(0..<middle)
        let order = first.indices.sorted { (-first[$0], $0) < (-first[$1], $1) }
        let all = Heat(loads.sum(0..<loads.blocks))
        var later = BlockRatio(blocks: middle)
        for block in 0..<middle {
            let load = loads.of(middle + block)
            later.add(
                Heat.visits(ofFirst: 0.1, of: order.lazy.map { load[load.startIndex + $0] }, in: order.count),
                of: Double(load.reduce(0) { $0 + Int($1) }), to: block)
        }
        (half, eighty, ninety, busiestTenth) = (all.half, all.eighty, all.ninety, all.busiestTenth)
        busiestTenthLater = later.value.isNaN ? 0 : later.value
        guard let blocks, loads.visited >= BlockResampling.leastBlocks else { return }
        let resampling = BlockResampling(blocks: blocks, resamples: min(max(1 << 20 / pool, 40), 200))
        let resampled = resampling.draws.map { Heat(loads.sum($0)) }
        func interval(_ measure: (Heat) -> Double) -> Interval {
            Interval(around: measure(all), resampled: resampled.map(measure), within: 0...1)
        }
        intervals = Intervals(
            half: interval(\.half), eighty: interval(\.eighty), ninety: interval(\.ninety),
            busiestTenth: interval(\.busiestTenth),
            busiestTenthLater: BlockResampling(blocks: middle).interval(of: later))
    }
}

/// How unevenly loads are spread.
private struct Heat {
    let half, eighty, ninety, busiestTenth: Double

    init(_ loads: [Int]) {
        let busiest = loads.sorted(by: >)
        let visits = Double(busiest.reduce(0, +))
        half = Self.share(of: 0.5 * visits, in: busiest)
        eighty = Self.share(of: 0.8 * visits, in: busiest)
        ninety = Self.share(of: 0.9 * visits, in: busiest)
        busiestTenth = Self.visits(ofFirst: 0.1, of: busiest, in: busiest.count) / max(1, visits)
    }

    /// The share of the experts, the busiest first, that it takes for so many visits.
    private static func share(of visits: Double, in loads: [Int]) -> Double {
        var sum = 0
        for (number, load) in loads.enumerated() {
            if Double(sum) >= visits { return Double(number) / Double(loads.count) }
            sum += load
        }
        return 1
    }

    /// The visits that a share of the experts has; of the last one, maybe only a part.
    static func visits(ofFirst share: Double, of loads: some Sequence<some BinaryInteger>, in count: Int) -> Double {
        let number = share * Double(count)
        let whole = Int(number)
        var sum = 0.0
        for (place, load) in loads.prefix(whole + 1).enumerated() {
            sum += place < whole ? Double(load) : (number - Double(whole)) * Double(load)
        }
        return sum
    }
}

/// The visits to every expert of every layer in blocks of tokens, `[blocks][pool]`.
private struct PoolLoads {
    let blocks: Int
    private let pool: Int
    private var loads: [UInt32]

    init(_ table: RoutingTable, blocks count: Int) {
        pool = table.layers.count * table.experts
        blocks = count
        loads = [UInt32](repeating: 0, count: count * pool)
        let blocks = EvenBlocks(things: table.tokenCount, count: count)
        for (layer, routes) in table.routes.enumerated() {
            for block in 0..<count {
                let (first, tokens) = (block * pool + layer * table.experts, blocks[block])
                let visits = Int(routes.starts[tokens.lowerBound])..<Int(routes.starts[tokens.upperBound])
                for expert in routes.experts[visits] { loads[first + Int(expert)] += 1 }
            }
        }
    }

    /// Blocks with any visit.
    var visited: Int { (0..<blocks).count { of($0).contains { $0 > 0 } } }

    func of(_ block: Int) -> ArraySlice<UInt32> { loads[block * pool..<(block + 1) * pool] }

    func sum(_ blocks: some Sequence<Int>) -> [Int] {
        var sum = [Int](repeating: 0, count: pool)
        for block in blocks {
            for (expert, load) in of(block).enumerated() { sum[expert] += Int(load) }
        }
        return sum
    }
}
