extension Communicator {
    /// The same as ``allToAll(_:_:into:_:of:)`` by way of fewer and larger messages between hosts.
    ///
    /// Ranks first hand what is for another host to the one among them that carries to the receiving rank, which sends it
    /// on in one message: 2DH of Tutel (Hwang et al., 2023), for hosts that need not have equally many ranks.
    package func allToAll<Element: BitwiseCopyable>(
        _ outgoing: Span<Element>, _ sent: Segments, into incoming: inout MutableSpan<Element>, _ received: Segments,
        through hosts: Hosts, of occasion: Occasion
    ) throws(RankFailure) {
        let neighbors = hosts.ranks[hosts.host(of: rank)]
        let near = { (segments: Segments) in
            Segments.listed(
                (0..<self.count).map { neighbors.contains($0) ? segments.range($0, of: self.count) : 0..<0 })
        }
        try allToAll(outgoing, near(sent), into: &incoming, near(received), of: occasion)
        guard hosts.ranks.count > 1 else { return }

        let carried = try collect(outgoing, sent, from: neighbors, hosts, of: occasion)
        let origins = (0..<count).filter { !hosts.share($0, rank) }
        let counts = (0..<count).map { carrier in
            origins.filter { hosts.carrier(on: hosts.host(of: $0), to: rank) == carrier }
                .reduce(0) { $0 + received.range($1, of: count).count }
        }
        // What one carrier sends lies in the order of the ranks that it is from.
        let arrived = try allToAll(carried.elements, carried.counts, counts, of: occasion)
        var starts = Segments.consecutive(counts).starts
        for origin in origins {
            let carrier = hosts.carrier(on: hosts.host(of: origin), to: rank)
            let space = received.range(origin, of: count)
            incoming.copy(arrived[starts[carrier]..<starts[carrier] + space.count], to: space.lowerBound)
            starts[carrier] += space.count
        }
    }

    /// Gathers from a rank's host what it carries to other hosts: for each receiver, in the order of the senders.
    private func collect<Element: BitwiseCopyable>(
        _ outgoing: Span<Element>, _ sent: Segments, from neighbors: [Int], _ hosts: Hosts, of occasion: Occasion
    ) throws(RankFailure) -> (elements: [Element], counts: [Int]) {
        let receivers = (0..<count).map { neighbors.contains($0) ? hosts.carried(by: $0) : [] }
        let sizes = receivers.map { $0.map { sent.range($0, of: count).count } }
        let own = receivers[rank]
        // Carriers do not know yet how much there is.
        let told = try allToAll(
            sizes.flatMap { $0 }, sizes.map(\.count), (0..<count).map { neighbors.contains($0) ? own.count : 0 },
            of: occasion)
        let counts = (0..<count).map { sender -> [Int] in
            guard let place = neighbors.firstIndex(of: sender) else { return [] }
            return Array(told[place * own.count..<(place + 1) * own.count])
        }
        var packed: [Element] = []
        packed.reserveCapacity(sizes.joined().reduce(0, +))
        outgoing.withUnsafeBufferPointer { outgoing in
            for receiver in receivers.joined() { packed += outgoing[sent.range(receiver, of: count)] }
        }
        let collected = try allToAll(
            packed, sizes.map { $0.reduce(0, +) }, counts.map { $0.reduce(0, +) }, of: occasion)
        var starts = Segments.consecutive(counts.map { $0.reduce(0, +) }).starts
        var elements: [Element] = []
        elements.reserveCapacity(collected.count)
        var carriedCounts = [Int](repeating: 0, count: count)
        for (place, receiver) in own.enumerated() {
            for sender in neighbors {
                let size = counts[sender][place]
                elements += collected[starts[sender]..<starts[sender] + size]
                starts[sender] += size
                carriedCounts[receiver] += size
            }
        }
        return (elements, carriedCounts)
    }

    /// An all-to-all of parts that lie one after another.
    private func allToAll<Element: BitwiseCopyable>(
        _ elements: [Element], _ sent: [Int], _ received: [Int], of occasion: Occasion
    ) throws(RankFailure) -> [Element] {
        let total = received.reduce(0, +)
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: total)
        defer { buffer.deallocate() }
        var span = buffer.mutableSpan
        try allToAll(elements.span, .consecutive(sent), into: &span, .consecutive(received), of: occasion)
        return Array(buffer)
    }
}

extension Segments {
    fileprivate var starts: [Int] {
        guard case .listed(let ranges) = self else { return [] }
        return ranges.map(\.lowerBound)
    }
}

extension MutableSpan where Element: BitwiseCopyable {
    fileprivate mutating func copy(_ elements: ArraySlice<Element>, to start: Int) {
        precondition(
            start >= 0 && start + elements.count <= count, "\(elements.count) elements at \(start) of \(count)")
        withUnsafeMutableBufferPointer { target in
            elements.withUnsafeBufferPointer { source in
                guard let base = target.baseAddress, let from = source.baseAddress else { return }
                (base + start).update(from: from, count: source.count)
            }
        }
    }
}
