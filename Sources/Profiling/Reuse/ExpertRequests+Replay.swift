extension ExpertRequests {
    /// Which expert goes when there is no room for another.
    package enum Policy: Sendable {
        case leastRecentlyUsed
        /// The one whose next request comes last (Belady, 1966).
        case belady
    }

    /// The share of the requests that count which find their expert in a cache of this many.
    ///
    /// The experts of a step that are there stay until it is over. Then the missing ones come in, in ascending order,
    /// each in the place of one that this step did not ask for, while there is one.
    package func hitRate(_ policy: Policy, capacity: Int) -> Double {
        Double(hits(policy, capacity: capacity)) / Double(max(1, counted))
    }

    func hits(_ policy: Policy, capacity: Int) -> Int {
        precondition(capacity > 0, "a cache of \(capacity) experts")
        return switch policy {
        case .leastRecentlyUsed: leastRecentlyUsedHits(capacity: capacity)
        case .belady: beladyHits(capacity: capacity, next: nextRequests)
        }
    }

    /// What a step asks for is the newest, first what was there: the oldest is of this step only if all are.
    func leastRecentlyUsedHits(capacity: Int) -> Int {
        var kept = RecencyList(pool: pool)
        var missing: [UInt32] = []
        var hits = 0
        for step in isCounted.indices {
            missing.removeAll(keepingCapacity: true)
            for request in requests(of: step) where !kept.touch(experts[request]) { missing.append(experts[request]) }
            if isCounted[step] { hits += requests(of: step).count - missing.count }
            for expert in missing {
                if kept.count == capacity { kept.removeOldest() }
                kept.insert(expert)
            }
        }
        return hits
    }

    /// For each request, the next one for the same expert; for the last, a number beyond all requests.
    var nextRequests: [UInt32] {
        var upcoming = (0..<pool).map { UInt32(experts.count + $0) }
        var next = [UInt32](repeating: 0, count: experts.count)
        for request in experts.indices.reversed() {
            next[request] = upcoming[Int(experts[request])]
            upcoming[Int(experts[request])] = UInt32(request)
        }
        return next
    }

    /// The cache is the set of the next requests of what is in it: a request hits if it is in the set itself.
    func beladyHits(capacity: Int, next: [UInt32]) -> Int {
        var kept = NumberSet(below: experts.count + pool)
        var ofThisStep: [UInt32] = []
        var missing: [Int] = []
        var (count, hits) = (0, 0)
        for step in isCounted.indices {
            for request in requests(of: step) {
                if kept.remove(request) { ofThisStep.append(next[request]) } else { missing.append(request) }
            }
            if isCounted[step] { hits += requests(of: step).count - missing.count }
            var others = count - ofThisStep.count
            for request in missing {
                if count < capacity {
                    count += 1
                } else {
                    if others == 0 { kept.insert(&ofThisStep) } else { others -= 1 }
                    kept.removeGreatest()
                }
                ofThisStep.append(next[request])
            }
            kept.insert(&ofThisStep)
            missing.removeAll(keepingCapacity: true)
        }
        return hits
    }
}

extension NumberSet {
    fileprivate mutating func insert(_ numbers: inout [UInt32]) {
        for number in numbers { insert(Int(number)) }
        numbers.removeAll(keepingCapacity: true)
    }
}
