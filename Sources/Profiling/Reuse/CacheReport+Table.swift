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
        firstRequests = distances.firstRequests
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
        let pinned = sequence.pinnedHitRates
        let counted = sequence.counted
        return capacities.map { capacity in
            var (lru, belady) = (counted - distances.firstRequests, counted - distances.firstRequests)
            if capacity < distances.experts {
                lru = sequence.leastRecentlyUsedHits(capacity: capacity)
                belady = sequence.beladyHits(capacity: capacity, next: next)
            }
            return Point(
                capacity: capacity, share: Double(capacity) / pool, bytes: expertBytes.map { $0 * Double(capacity) },
                lru: Double(lru) / Double(max(1, counted)), belady: Double(belady) / Double(max(1, counted)),
                pinned: pinned[capacity])
        }
    }
}

extension ExpertRequests {
    /// For each number of experts: the share of the requests of the second half that are for those that the first half
    /// asked for most often.
    var pinnedHitRates: [Double] {
        var (first, second) = ([Int](repeating: 0, count: pool), [Int](repeating: 0, count: pool))
        for step in isCounted.indices where isCounted[step] {
            for request in requests(of: step) {
                if request < middle { first[Int(experts[request])] += 1 } else { second[Int(experts[request])] += 1 }
            }
        }
        let busiest = first.indices.sorted { (-first[$0], $0) < (-first[$1], $1) }
        let all = Double(max(1, second.reduce(0, +)))
        var (hits, rates) = (0, [0.0])
        for expert in busiest {
            hits += second[expert]
            rates.append(Double(hits) / all)
        }
        return rates
    }
}
