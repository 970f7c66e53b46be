/// The tokens that visit a layer, in blocks that are drawn anew.
struct BlockBootstrap {
    let blocks: TokenBlocks
    let resampling: BlockResampling

    /// Nil for too few tokens with visits. Very many experts are resampled less often, 40 times at least.
    init?(_ routes: RoutingTable.Routes, experts: Int) {
        let tokens = (0..<Int32(routes.starts.count - 1)).filter { !routes.visits(of: Int($0)).isEmpty }
        let resamples = min(max(1 << 20 / experts, 40), 200)
        guard let resampling = BlockResampling(tokens: tokens.count, resamples: resamples) else { return nil }
        blocks = TokenBlocks(tokens, count: resampling.blocks)
        self.resampling = resampling
    }
}
