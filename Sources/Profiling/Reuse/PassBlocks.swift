/// The steps of passes in blocks that hold about as many tokens that count.
///
/// Tokens that pass together ask for experts together, so a pass is never cut, and a single one says nothing of how
/// another would go, however long it is. A pass is in block ⌊tokens before it × blocks / tokens⌋, the number of blocks
/// being ``BlockResampling``'s for so many tokens; blocks that get no pass vanish. Steps that do not count are in the
/// block of the pass before.
struct PassBlocks: Sendable {
    private var starts: [Int]
    /// Nil for too few tokens or passes.
    let resampling: BlockResampling?

    /// - Parameters:
    ///   - passes: those that count, with any steps.
    ///   - steps: all, the blocks' own and those around them.
    init(_ passes: some Collection<(tokens: Int, firstStep: Int)>, steps: Range<Int>) {
        let tokens = passes.reduce(0) { $0 + $1.tokens }
        let most = BlockResampling(tokens: tokens)?.blocks ?? 1
        starts = [steps.lowerBound]
        var (before, block) = (0, 0)
        for pass in passes {
            if before * most / tokens > block {
                block = before * most / tokens
                starts.append(pass.firstStep)
            }
            before += pass.tokens
        }
        resampling = starts.count < BlockResampling.leastBlocks ? nil : BlockResampling(blocks: starts.count)
        starts.append(steps.upperBound)
    }

    var count: Int { starts.count - 1 }

    subscript(block: Int) -> Range<Int> { starts[block]..<starts[block + 1] }

    /// Of a ratio of two counts in every block.
    func interval(of ratio: BlockRatio) -> Interval? { resampling.flatMap { $0.interval(of: ratio) } }
}

extension BlockRatio {
    /// Of counts in every block.
    init(_ parts: [Int], of wholes: [Int]) {
        self.init(blocks: parts.count)
        for (block, (part, whole)) in zip(parts, wholes).enumerated() { add(part, of: whole, to: block) }
    }
}
