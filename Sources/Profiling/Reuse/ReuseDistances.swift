/// How many different experts come between two requests for the same (stack distance; Mattson et al., 1970).
///
/// Each expert's last request is a mark on a line; a distance is the number of marks behind the expert's own, counted
/// with a Fenwick tree. When the line is full, the marks move to its beginning.
struct ReuseDistances {
    /// Of requests that count, from the first that is not empty to the last.
    private(set) var buckets: [CacheReport.Bucket] = []
    /// By block.
    private(set) var firstRequests: [Int]
    /// Different ones that were asked for.
    private(set) var experts = 0

    private var place: [Int32]
    private var expertAt: [Int32]
    private var tree: [Int32]
    private var end = 0

    init(_ requests: ExpertRequests) {
        place = [Int32](repeating: -1, count: requests.pool)
        expertAt = [Int32](repeating: -1, count: max(64, 4 * min(requests.pool, requests.experts.count)))
        tree = [Int32](repeating: 0, count: expertAt.count + 1)
        firstRequests = [Int](repeating: 0, count: requests.blocks.count)
        var counts = [[Int]](repeating: [Int](repeating: 0, count: firstRequests.count), count: 34)
        for block in firstRequests.indices {
            for step in requests.blocks[block] {
                for request in requests.requests(of: step) {
                    let distance = distance(ofNext: Int(requests.experts[request]))
                    guard requests.isCounted[step] else { continue }
                    if let distance {
                        counts[Int.bitWidth - distance.leadingZeroBitCount][block] += 1
                    } else {
                        firstRequests[block] += 1
                    }
                }
            }
        }
        let filled = counts.indices.filter { counts[$0].contains { $0 > 0 } }
        guard let first = filled.first, let last = filled.last else { return }
        let all = firstRequests.indices.map { block in counts.reduce(0) { $0 + $1[block] } }
        buckets = (first...last).map { power in
            CacheReport.Bucket(
                from: power == 0 ? 0 : 1 << (power - 1), requests: counts[power].reduce(0, +),
                interval: requests.blocks.interval(of: BlockRatio(counts[power], of: all)))
        }
    }

    /// Nil if nobody has asked for the expert before.
    private mutating func distance(ofNext expert: Int) -> Int? {
        if end == expertAt.count { moveToBeginning() }
        var distance: Int?
        let last = Int(place[expert])
        if last >= 0 {
            distance = experts - marks(through: last)
            add(-1, at: last)
            expertAt[last] = -1
        } else {
            experts += 1
        }
        add(1, at: end)
        expertAt[end] = Int32(expert)
        place[expert] = Int32(end)
        end += 1
        return distance
    }

    private func marks(through place: Int) -> Int {
        var sum = 0
        var node = place + 1
        while node > 0 {
            sum += Int(tree[node])
            node &= node - 1
        }
        return sum
    }

    private mutating func add(_ change: Int32, at place: Int) {
        var node = place + 1
        while node < tree.count {
            tree[node] += change
            node += node & -node
        }
    }

    private mutating func moveToBeginning() {
        end = 0
        for expert in expertAt where expert >= 0 {
            expertAt[end] = expert
            place[Int(expert)] = Int32(end)
            end += 1
        }
        for free in end..<expertAt.count { expertAt[free] = -1 }
        // A node covers as many places as its lowest bit says, and ends at its own.
        for node in 1..<tree.count { tree[node] = Int32(max(0, min(node, end) - (node - (node & -node)))) }
    }
}
