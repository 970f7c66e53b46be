/// Finds the longest of a few pieces at a place in a text.
struct PieceTrie: Sendable {
    private struct Edge: Hashable {
        let node: Int32
        let byte: UInt8
    }

    private var children: [Edge: Int32] = [:]
    /// Whether a piece begins with a byte: most places of a text are done with by this.
    private var isFirst = Array(repeating: false, count: 256)
    /// The id of the piece that ends at a node, or -1.
    private var ids: [Int32] = [-1]

    var isEmpty: Bool { children.isEmpty }

    mutating func insert(_ piece: ArraySlice<UInt8>, id: Int) {
        guard !piece.isEmpty else { return }
        isFirst[Int(piece[piece.startIndex])] = true
        var node: Int32 = 0
        for byte in piece {
            let edge = Edge(node: node, byte: byte)
            if children[edge] == nil {
                children[edge] = Int32(ids.count)
                ids.append(-1)
            }
            node = children[edge]!
        }
        if ids[Int(node)] < 0 { ids[Int(node)] = Int32(id) }
    }

    func longestMatch(in text: [UInt8], at start: Int) -> (id: Int, length: Int)? {
        guard isFirst[Int(text[start])] else { return nil }
        var best: (id: Int, length: Int)?
        var node: Int32 = 0
        for index in start..<text.count {
            guard let child = children[Edge(node: node, byte: text[index])] else { break }
            node = child
            if ids[Int(node)] >= 0 { best = (Int(ids[Int(node)]), index + 1 - start) }
        }
        return best
    }
}
