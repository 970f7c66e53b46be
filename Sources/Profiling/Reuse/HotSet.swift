extension CacheReport.HotSet {
    init(_ table: RoutingTable) {
        var (first, second): ([Int], [Int]) = ([], [])
        for routes in table.routes {
            let middle = Int(routes.starts[table.tokenCount / 2])
            first += routes.experts[..<middle].histogram(below: table.experts)
            second += routes.experts[middle...].histogram(below: table.experts)
        }
        let all = zip(first, second).map(+)
        let busiest = all.sorted(by: >)
        half = Self.share(of: 0.5, in: busiest)
        eighty = Self.share(of: 0.8, in: busiest)
        ninety = Self.share(of: 0.9, in: busiest)
        busiestTenth = Self.visits(ofFirst: 0.1, of: busiest)
        let busiestEarlier = first.indices.sorted { (-first[$0], $0) < (-first[$1], $1) }
        busiestTenthLater = Self.visits(ofFirst: 0.1, of: busiestEarlier.map { second[$0] })
    }

    /// The share of the experts, the busiest first, that it takes for a share of the visits.
    private static func share(of visits: Double, in loads: [Int]) -> Double {
        let enough = visits * Double(loads.reduce(0, +))
        var sum = 0
        for (number, load) in loads.enumerated() {
            if Double(sum) >= enough { return Double(number) / Double(loads.count) }
            sum += load
        }
        return 1
    }

    /// The share of the visits that a share of the experts has; of the last one, maybe only a part.
    private static func visits(ofFirst share: Double, of loads: [Int]) -> Double {
        let number = share * Double(loads.count)
        let whole = Int(number)
        var sum = Double(loads[..<whole].reduce(0, +))
        if whole < loads.count { sum += (number - Double(whole)) * Double(loads[whole]) }
        return sum / Double(max(1, loads.reduce(0, +)))
    }
}

extension Collection<UInt16> {
    fileprivate func histogram(below limit: Int) -> [Int] {
        var histogram = [Int](repeating: 0, count: limit)
        for number in self { histogram[Int(number)] += 1 }
        return histogram
    }
}
