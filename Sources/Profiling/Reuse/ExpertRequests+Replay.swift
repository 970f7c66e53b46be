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
        precondition(capacity > 0, "a cache of \(capacity) experts")
        let hits =
            switch policy {
            case .leastRecentlyUsed: leastRecentlyUsedHits(capacity: capacity)
            case .belady: beladyHits(capacity: capacity, next: nextRequests)
            }
        return Double(hits.reduce(0, +)) / Double(max(1, counted))
    }

    /// By block.
    ///
    /// What a step asks for is the newest, first what was there: the oldest is of this step only if all are.
    func leastRecentlyUsedHits(capacity: Int) -> [Int] {
        var kept = RecencyList(pool: pool)
        var missing: [UInt32] = []
        var hits = [Int](repeating: 0, count: blocks.count)
        for block in hits.indices {
            for step in blocks[block] {
                missing.removeAll(keepingCapacity: true)
                for request in requests(of: step) where !kept.touch(experts[request]) {
                    missing.append(experts[request])
                }
                if isCounted[step] { hits[block] += requests(of: step).count - missing.count }
                for expert in missing {
                    if kept.count == capacity { kept.removeOldest() }
                    kept.insert(expert)
                }
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

    /// By block.
    func beladyHits(capacity: Int, next: [UInt32]) -> [Int] {
        var cache = BeladyCache(capacity: capacity, numbers: experts.count + pool)
        var hits = [Int](repeating: 0, count: blocks.count)
        for block in hits.indices {
            for step in blocks[block] {
                let found = cache.hits(ofStep: requests(of: step), next: next)
                if isCounted[step] { hits[block] += found }
            }
        }
        return hits
    }
}

/// The set of the next requests of what is in the cache: a request hits if it is in the set itself.
private struct BeladyCache {
    private let capacity: Int
    private var kept: NumberSet
    private var count = 0
    private var ofThisStep: [UInt32] = []
    private var missing: [Int] = []

    init(capacity: Int, numbers: Int) {
        self.capacity = capacity
        kept = NumberSet(below: numbers)
    }

    mutating func hits(ofStep requests: Range<Int>, next: [UInt32]) -> Int {
        for request in requests {
            if kept.remove(request) { ofThisStep.append(next[request]) } else { missing.append(request) }
        }
        let hits = ofThisStep.count
        var others = count - hits
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
        return hits
    }
}

extension NumberSet {
    fileprivate mutating func insert(_ numbers: inout [UInt32]) {
        for number in numbers { insert(Int(number)) }
        numbers.removeAll(keepingCapacity: true)
    }
}
