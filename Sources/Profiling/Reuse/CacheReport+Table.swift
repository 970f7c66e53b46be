extension CacheReport {
    /// Requests that are replayed at most.
    package static let greatestReplay = 2_000_000
    /// Percent of the experts that a cache might hold.
    private static let percents = [1, 2, 3, 5, 6.25, 10, 15, 20, 25, 33, 50, 75, 100]

    /// Nil for a table without visits, or with more than 2²⁰ experts in all.
    package init?(_ table: RoutingTable) {
        guard let sequence = ExpertRequests(table, limit: Self.greatestReplay) else { return nil }
        requests = sequence.total
        replayed = sequence.experts.count
        counts = sequence.counts
        counted = sequence.counted
        experts = sequence.pool
        cycle = Self.cycle(of: table)
        let known = table.layers.compactMap(\.expertBytes)
        expertBytes = known.isEmpty ? nil : known.reduce(0) { $0 + Double($1) } / Double(known.count)
        let distances = ReuseDistances(sequence)
        reuseDistances = distances.buckets
        firstRequests = distances.firstRequests.reduce(0, +)
        points = Self.points(sequence, distances, cycle: cycle, expertBytes: expertBytes)
        workingSet = WorkingSet.all(of: table)
        hotSet = HotSet(table)
    }

    /// Experts that a token visits in a layer, the mean over tokens that visit any, summed over the layers.
    private static func cycle(of table: RoutingTable) -> Int {
        let visits = table.routes.reduce(0.0) { sum, routes in
            let tokens = (0..<table.tokenCount).count { !routes.visits(of: $0).isEmpty }
            return sum + Double(routes.experts.count) / Double(max(1, tokens))
        }
        return Int(visits.rounded())
    }

    private static func points(
        _ sequence: ExpertRequests, _ distances: ReuseDistances, cycle: Int, expertBytes: Double?
    ) -> [Point] {
        let pool = Double(sequence.pool)
        let capacities = Set(percents.map { Int(pool * $0 / 100) } + [cycle]).subtracting([0]).sorted()
        let next = sequence.nextRequests
        let pinned = sequence.pinnedHits(capacities: capacities)
        let counted = sequence.countedByBlock
        let allButFirst = zip(counted, distances.firstRequests).map(-)
        return zip(capacities, pinned).map { capacity, pinned in
            let isLarge = capacity >= distances.experts
            let lru = BlockRatio(
                isLarge ? allButFirst : sequence.leastRecentlyUsedHits(capacity: capacity), of: counted)
            let belady = BlockRatio(
                isLarge ? allButFirst : sequence.beladyHits(capacity: capacity, next: next), of: counted)
            let intervals = Point.Intervals(
                lru: sequence.blocks.interval(of: lru), belady: sequence.blocks.interval(of: belady),
                pinned: sequence.laterBlocks.interval(of: pinned))
            return Point(
                capacity: capacity, share: Double(capacity) / pool, bytes: expertBytes.map { $0 * Double(capacity) },
                lru: lru.value, belady: belady.value, pinned: pinned.value.isNaN ? 0 : pinned.value,
                intervals: intervals == Point.Intervals() ? nil : intervals)
        }
    }
}

extension ExpertRequests {
    /// For each capacity, in ascending order: of the requests of the second half, those for the experts that the first
    /// half asked for most often.
    func pinnedHits(capacities: [Int]) -> [BlockRatio] {
        let firstLater = laterBlocks[0].lowerBound
        var first = [Int](repeating: 0, count: pool)
        for step in 0..<firstLater where isCounted[step] {
            for request in requests(of: step) { first[Int(experts[request])] += 1 }
        }
        let busiest = first.indices.sorted { (-first[$0], $0) < (-first[$1], $1) }
        // For each expert the first capacity that has room for it.
        var size = [Int](repeating: 0, count: pool)
        for (rank, expert) in busiest.enumerated() {
            size[expert] = capacities.firstIndex { $0 > rank } ?? capacities.count
        }
        var hits = [[Int]](repeating: [Int](repeating: 0, count: laterBlocks.count), count: capacities.count + 1)
        for block in 0..<laterBlocks.count {
            for step in laterBlocks[block] where isCounted[step] {
                for request in requests(of: step) { hits[size[Int(experts[request])]][block] += 1 }
            }
        }
        for size in hits.indices.dropFirst() { hits[size] = zip(hits[size - 1], hits[size]).map(+) }
        return hits.dropLast().map { BlockRatio($0, of: hits[capacities.count]) }
    }
}
