/// Where experts' weights lie on a machine whose memory is in several nodes, each near to some processors.
///
/// The cache asks for memory by it, threads prefer the work that is near, and it takes no bytes.
package enum Placement: Sendable, Equatable {
    /// Wherever they were first touched.
    case anywhere
    /// An equal share of each expert's rows on each node: all threads then read an expert from all memories at once.
    case rows(nodes: Int)

    /// Nodes that it tells apart.
    package var nodes: Int {
        switch self {
        case .anywhere: 1
        case .rows(let nodes): nodes
        }
    }

    /// A node's bytes of an expert's payload: of its gate and up rows, and of its down rows.
    package func bytes(of layout: ExpertLayout, node: Int) -> [Range<Int>] {
        guard case .rows(let nodes) = self else { return [] }
        let down = layout.tiles[layout.gateAndUpTiles].offset
        return [0..<down, down..<layout.length].map { part in
            let share = Self.units(of: part.count, node: node, among: nodes)
            return part.lowerBound + share.lowerBound..<part.lowerBound + share.upperBound
        }
    }

    /// Those of so many units, in the order of the rows they are about, that a node has.
    static func units(of count: Int, node: Int, among nodes: Int) -> Range<Int> {
        count * node / nodes..<count * (node + 1) / nodes
    }
}
