/// Evicts the expert that was used longest ago.
///
/// Layers are passed in a cycle, so with room for less than the experts of one token it evicts each just before it is needed.
package struct LRUPolicy: EvictionPolicy {
    private var lastUse: [Int]
    private var uses = 0

    package init(layers: Int, experts: Int) {
        lastUse = [Int](repeating: 0, count: layers * experts)
    }

    package mutating func enter(layer: Int, tokens: Int) {}

    package mutating func use(_ expert: ExpertIndex, visits: Int) {
        uses += 1
        lastUse[expert] = uses
    }

    package mutating func victim(among candidates: Span<ExpertIndex>) -> Int {
        candidates.position { lastUse[$0] }
    }
}
