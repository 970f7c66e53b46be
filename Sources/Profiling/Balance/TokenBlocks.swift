/// Tokens in blocks: neighbors in a text are alike, so what is drawn or shuffled is a block of them.
struct TokenBlocks {
    /// Block after block.
    private(set) var tokens: [Int32]
    /// One more than there are blocks.
    private(set) var starts: [Int]

    var count: Int { starts.count - 1 }
    func tokens(of block: Int) -> ArraySlice<Int32> { tokens[starts[block]..<starts[block + 1]] }

    /// These tokens in so many blocks of the same size, or one more.
    init(_ tokens: [Int32], count: Int) {
        self.tokens = tokens
        starts = (0...count).map { tokens.count * $0 / count }
    }

    /// Blocks that are given for every token; tokens of the block −1 are left out.
    init(blockOfToken: [Int32], count: Int) {
        starts = [Int](repeating: 0, count: count + 1)
        for block in blockOfToken where block >= 0 { starts[Int(block) + 1] += 1 }
        for block in 0..<count { starts[block + 1] += starts[block] }
        tokens = [Int32](repeating: 0, count: starts[count])
        var next = starts
        for (token, block) in blockOfToken.enumerated() where block >= 0 {
            tokens[next[Int(block)]] = Int32(token)
            next[Int(block)] += 1
        }
    }
}

/// The visits to the experts of a layer of each block of tokens.
///
/// Only the experts that a block visits are kept, so blocks cost no more than their visits, whatever experts there are.
struct BlockLoads {
    private var experts: [UInt16] = []
    private var counts: [Int32] = []
    private var starts = [0]

    init(_ blocks: TokenBlocks, routes: RoutingTable.Routes, experts count: Int) {
        var load = [Int32](repeating: 0, count: count)
        for block in 0..<blocks.count {
            for token in blocks.tokens(of: block) {
                for expert in routes.experts(of: Int(token)) {
                    if load[Int(expert)] == 0 { experts.append(expert) }
                    load[Int(expert)] += 1
                }
            }
            for expert in experts[starts[block]...] {
                counts.append(load[Int(expert)])
                load[Int(expert)] = 0
            }
            starts.append(experts.count)
        }
    }

    var count: Int { starts.count - 1 }

    /// That a block visits.
    func experts(of block: Int) -> ArraySlice<UInt16> { experts[starts[block]..<starts[block + 1]] }

    /// The experts that a block visits, and how often.
    func forEach(_ block: Int, _ body: (_ expert: Int, _ visits: Int) -> Void) {
        for entry in starts[block]..<starts[block + 1] { body(Int(experts[entry]), Int(counts[entry])) }
    }

    /// Adds the visits of a block to those of its row, `[rows][experts]`.
    func add(_ block: Int, to loads: inout [Int], row: Int = 0, of width: Int = 0) {
        for entry in starts[block]..<starts[block + 1] {
            loads[row * width + Int(experts[entry])] += Int(counts[entry])
        }
    }
}
