extension Communicator {
    /// What joins the ranks, as they find it together: every rank gets the same answer, that of the slowest.
    ///
    /// With one rank nothing joins anybody, and costs nothing.
    package func measuredLink() throws(RankFailure) -> Link {
        guard count > 1 else { return Link(latency: 0, bandwidth: .greatestFiniteMagnitude) }
        let latency = try seconds(bytes: 1)
        var bytes = 16 << 10
        var time = try seconds(bytes: bytes)
        // Until bytes are what takes time.
        while time < 8 * latency, bytes < Self.mostBytes {
            bytes *= 4
            time = try seconds(bytes: bytes)
        }
        // Clocks do not tell less than this apart.
        return Link(latency: latency, bandwidth: Double(bytes * (count - 1)) / max(time - latency, 1e-7))
    }

    private static var mostBytes: Int { 4 << 20 }
    private static var exchanges: Int { 6 }
    private static var rounds: Int { 3 }

    /// Seconds that it takes until each rank has so many bytes of every other.
    ///
    /// Exchanges follow each other, so that nobody waits for those who come late more than once; of some rounds of them the
    /// median counts, on the slowest rank.
    private func seconds(bytes: Int) throws(RankFailure) -> Double {
        var values = [UInt8](repeating: 0, count: bytes * count)
        var times: [Double] = []
        // The first one makes connections.
        for _ in 0...Self.rounds {
            let start = ContinuousClock.now
            for _ in 0..<Self.exchanges {
                var span = values.mutableSpan
                try allGather(&span, .even(bytes * count), of: .link)
            }
            times.append((ContinuousClock.now - start) / .seconds(Self.exchanges))
        }
        return try allGather(times.dropFirst().sorted()[Self.rounds / 2], of: .link).max()!
    }
}

extension Occasion {
    fileprivate static let link = Occasion("measuring the link")
}
