extension CacheReport.WorkingSet {
    /// The mean over all windows of 1, 2, 4, … tokens that follow each other in the table.
    ///
    /// An expert is not in the windows that lie in a gap between its visits: a gap of g tokens has room for g − τ + 1
    /// windows of τ. Gaps of 2ⁿ to 2ⁿ⁺¹ − 1 tokens have room for all windows up to 2ⁿ, so their number and sum say
    /// enough. They are kept by the block of tokens in which the windows begin.
    static func all(of table: RoutingTable) -> [Self] {
        let pool = table.layers.count * table.experts
        guard table.tokenCount > 0, pool > 0 else { return [] }
        // In a large pool most gaps reach over many blocks.
        let count = BlockResampling(tokens: table.tokenCount).map { min($0.blocks, max(1 << 22 / pool, 16)) } ?? 1
        let blocks = EvenBlocks(things: table.tokenCount, count: count)
        var gaps = Gaps(blocks)
        for routes in table.routes { gaps.add(routes, experts: table.experts) }
        return (0..<Int.bitWidth - table.tokenCount.leadingZeroBitCount).map { power in
            Self(power: power, gaps: gaps, blocks: blocks, pool: pool)
        }
    }

    private init(power: Int, gaps: Gaps, blocks: EvenBlocks, pool: Int) {
        tokens = 1 << power
        let windows = blocks.things - tokens + 1
        let beginning = (0..<blocks.count).map { blocks[$0].clamped(to: 0..<windows).count }
        let visited = beginning.indices.map { pool * beginning[$0] - gaps.windows(of: power, from: $0) }
        experts = Double(visited.reduce(0, +)) / Double(windows)
        share = experts / Double(pool)
        // Windows that reach into the next block make the two alike, so blocks are at least twice as long.
        let merged = blocks.count / ((2 * tokens * blocks.count + blocks.things - 1) / blocks.things)
        guard merged >= BlockResampling.leastBlocks else { return }
        var ratio = BlockRatio(blocks: merged)
        for block in 0..<blocks.count {
            ratio.add(visited[block], of: pool * beginning[block], to: block * merged / blocks.count)
        }
        interval = BlockResampling(blocks: merged).interval(of: ratio)
    }
}

/// Gaps between visits by the greatest power of two that they reach, in blocks of tokens.
private struct Gaps {
    private let blocks: EvenBlocks
    private var numbers: [Int]
    private var sums: [Int]
    /// Tokens to the end of the block where all windows of up to 2 to this power that begin there lie in the gap.
    private var covered: [Int]

    init(_ blocks: EvenBlocks) {
        self.blocks = blocks
        numbers = [Int](repeating: 0, count: blocks.count * Int.bitWidth)
        sums = numbers
        covered = numbers
    }

    mutating func add(_ routes: RoutingTable.Routes, experts: Int) {
        var last = [Int](repeating: -1, count: experts)
        for block in 0..<blocks.count {
            let tokens = blocks[block]
            for token in tokens {
                for visit in routes.visits(of: token) {
                    let expert = Int(routes.experts[visit])
                    let first = last[expert] + 1
                    last[expert] = token
                    guard first < token else { continue }
                    if first >= tokens.lowerBound {
                        add(1, of: token - first, to: place(block, token - first))
                    } else {
                        spread(1, first..<token)
                    }
                }
            }
        }
        for last in last where last >= 0 { spread(1, last + 1..<blocks.things) }
        spread(last.count { $0 < 0 }, 0..<blocks.things)
    }

    /// Windows of 2 to this power that begin in a block and lie in a gap.
    func windows(of power: Int, from block: Int) -> Int {
        let places = block * Int.bitWidth + power..<(block + 1) * Int.bitWidth
        return sums[places].reduce(0, +) - numbers[places].reduce(0, +) * ((1 << power) - 1)
            + covered[places].reduce(0, +)
    }

    /// So many gaps, which may reach over several blocks: what is left of them at the beginning of a block is a gap.
    private mutating func spread(_ number: Int, _ gap: Range<Int>) {
        guard !gap.isEmpty, number > 0 else { return }
        var first = gap.lowerBound
        for block in blocks.block(of: first)... {
            let end = blocks[block].upperBound
            add(number, of: gap.upperBound - first, to: place(block, gap.upperBound - first))
            guard gap.upperBound > end else { return }
            // Windows of up to as many tokens as are beyond the block, and one, may begin anywhere in it.
            let beyond = place(block, gap.upperBound - end + 1)
            add(-number, of: gap.upperBound - first, to: beyond)
            covered[beyond] += number * (end - first)
            first = end
        }
    }

    private mutating func add(_ number: Int, of tokens: Int, to place: Int) {
        numbers[place] += number
        sums[place] += number * tokens
    }

    private func place(_ block: Int, _ tokens: Int) -> Int {
        block * Int.bitWidth + Int.bitWidth - 1 - tokens.leadingZeroBitCount
    }
}
