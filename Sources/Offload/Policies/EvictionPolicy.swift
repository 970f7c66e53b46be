/// An expert of a model, counted through all layers: `layer × experts + expert`.
package typealias ExpertIndex = Int

/// Decides which expert makes room for another.
///
/// The cache tells it of everything that happens, in the order in which tokens pass the layers. It is called under the
/// cache's lock and allocates nothing after `init`.
package protocol EvictionPolicy: Sendable {
    init(layers: Int, experts: Int)

    /// Tokens come to a layer.
    mutating func enter(layer: Int, tokens: Int)

    /// Some of these tokens visit an expert.
    mutating func use(_ expert: ExpertIndex, visits: Int)

    /// Chooses among experts that may go.
    ///
    /// - Returns: a position in `candidates`, which is not empty.
    mutating func victim(among candidates: Span<ExpertIndex>) -> Int
}

extension Span<ExpertIndex> {
    /// The position of the smallest key, the first of equals.
    func position<Key: Comparable>(ofLeast key: (ExpertIndex) -> Key) -> Int {
        var best = 0
        var least = key(self[0])
        for position in 1..<max(count, 1) {
            let candidate = key(self[position])
            if candidate < least { (best, least) = (position, candidate) }
        }
        return best
    }
}
