package import Mixture
package import ModelFiles

/// Tells an expert source what will be needed, while there is still something to compute before.
package struct ExpertForecast {
    /// Visits for each expert, on average, from which on a prompt is taken to need every expert of the next layer:
    /// of 8 experts of even load, e⁻³ × 8 = 0.4 are then not visited.
    private static let visitsThatNeedAll = 3
    /// Layers ahead of the present one, so that some reads are always under way.
    private static let layersAhead = 4

    /// For each layer the experts that its tokens will visit, where the tokens' ids alone tell.
    private let known: [[Int]?]
    private let experts: Int
    /// Whether a pass is so long that a layer's tokens visit all its experts anyway.
    private let needsAll: Bool

    /// Looks at the tokens of a pass.
    package init(of tokens: ArraySlice<Int>, _ architecture: Architecture, _ routers: some Collection<any Router>) {
        known = routers.map { $0.knownExperts(of: tokens) }
        experts = architecture.expertCount
        needsAll = tokens.count * architecture.expertsPerToken >= architecture.expertCount * Self.visitsThatNeedAll
    }

    /// To be told before a layer begins: what is known to be needed, from this layer on, soonest first.
    ///
    /// Tables make it a perfect prefetch: nothing is read that is not used, since a source takes what it has room for in
    /// this order, and what it took is used before anything that it did not.
    package func announceKnown(from layer: Int, to source: any ExpertSource) {
        for next in layer..<min(layer + Self.layersAhead + 1, known.count) {
            if let experts = known[next] { source.prefetch(experts, layer: next) }
        }
    }

    /// To be told between a layer's routes and its experts: those of the next, which come while this one computes.
    package func announceLikely(after layer: Int, to source: any ExpertSource) {
        guard needsAll, layer + 1 < known.count, known[layer + 1] == nil else { return }
        source.prefetch(Array(0..<experts), layer: layer + 1)
    }
}
