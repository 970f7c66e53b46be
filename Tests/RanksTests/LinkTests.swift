import Ranks
import Testing

@Suite struct LinkTests {
    @Test(arguments: [
        ("1Gb,50us", 50e-6, 125e6), ("10Gb,0.2ms", 0.2e-3, 1.25e9), ("2.5GB,1ms", 1e-3, 2.5e9), ("100Mb,0s", 0, 12.5e6),
        ("1MB,7µs", 7e-6, 1e6),
    ])
    func `links are read as they are commonly written`(_ text: String, _ latency: Double, _ bandwidth: Double) throws {
        let link = try Link(text)
        #expect(abs(link.latency - latency) < 1e-12)
        #expect(abs(link.bandwidth - bandwidth) < 1e-3)
    }

    @Test(arguments: [
        "", "1Gb", "1Gb,", ",50us", "1Gb,50", "0Gb,50us", "-1Gb,50us", "1Gb,50us,2", "nanGb,1us", "infGb,1s",
    ])
    func `what is no link is refused with an example`(_ text: String) {
        #expect(throws: UnreadableLink.self) { try Link(text) }
        #expect("\((try? Link(text)).map(\.description) ?? "none")" == "none")
    }

    @Test(arguments: ["1Gb,50us", "10Gb,200us", "100Mb,1.5ms", "1Tb,100ns"])
    func `links print as they were written`(_ text: String) throws {
        #expect(try Link(text).description == text)
    }

    @Test func `a message takes its bytes' time and then the latency`() throws {
        // 1,000 bytes at 1 MB/s take 1 ms, and 2 ms pass until they are there.
        let link = Link(latency: 2e-3, bandwidth: 1e6)
        #expect(link.seconds(1000) == 3e-3)
        #expect(
            try times(2, Links(link)) { ranks, _ in try send(ranks, 1000, from: 0, to: 1) } == [1_000_000, 3_000_000])
    }

    @Test func `computing while messages travel hides their time`() throws {
        let link = Links(Link(latency: 2e-3, bandwidth: 1e6))
        let hidden = try times(2, link) { ranks, clock in
            var exchange = Exchange<UInt8>(ranks, outgoing: 2000, incoming: 2000)
            try exchange.start(sending: .even(2000), receiving: .even(2000), of: .layer(0))
            clock.compute(2_500_000)
            try exchange.wait()
        }
        #expect(hidden == [3_000_000, 3_000_000])
    }

    @Test func `messages to several ranks leave one after another, and so do they come in`() throws {
        let link = Links(Link(latency: 2e-3, bandwidth: 1e6))
        let spread = try times(3, link) { ranks, _ in
            for receiver in 1...2 { try send(ranks, 1000, from: 0, to: receiver) }
        }
        #expect(spread == [2_000_000, 3_000_000, 4_000_000])
        let gathered = try times(3, link) { ranks, _ in
            var bytes = [UInt8](repeating: 0, count: 3000)
            var span = bytes.mutableSpan
            let isReceiver = ranks.rank == 0
            let none = 0..<0
            try ranks.allToAll(
                [UInt8](repeating: 1, count: 1000).span, isReceiver ? .none : .one(rank: 0, 0..<1000), into: &span,
                isReceiver ? .listed([none, 1000..<2000, 2000..<3000]) : .none, of: .layer(0))
        }
        #expect(gathered == [4_000_000, 1_000_000, 1_000_000])
    }

    @Test func `ranks of one host need no link`() throws {
        let links = Links(Link(latency: 2e-3, bandwidth: 1e6), between: Hosts(["one", "one", "two"]))
        let passed = try times(3, links) { ranks, _ in try send(ranks, 1000, from: 0, to: 1) }
        #expect(passed == [0, 0, 0])
        #expect(try times(3, links) { ranks, _ in try send(ranks, 1000, from: 1, to: 2) } == [0, 1_000_000, 3_000_000])
    }

    /// Each rank's time, in nanoseconds, after a body that began at 0.
    private func times(
        _ count: Int, _ links: Links, _ body: @Sendable @escaping (Communicator, CalculatedClock) throws -> Void
    ) throws -> [Int] {
        let clocks = (0..<count).map { _ in CalculatedClock() }
        let linked = { @Sendable (base: any Transport) -> any Transport in
            LinkTransport(base, links, clock: clocks[base.rank])
        }
        return try RankThreads.run(count, over: linked) { ranks in
            try body(ranks, clocks[ranks.rank])
            return clocks[ranks.rank].now
        }
    }
}

private func send(_ ranks: Communicator, _ size: Int, from sender: Int, to receiver: Int) throws {
    var bytes = [UInt8](repeating: 0, count: size)
    var span = bytes.mutableSpan
    try ranks.allToAll(
        [UInt8](repeating: 1, count: size).span, ranks.rank == sender ? .one(rank: receiver, 0..<size) : .none,
        into: &span, ranks.rank == receiver ? .one(rank: sender, 0..<size) : .none, of: .layer(0))
}
