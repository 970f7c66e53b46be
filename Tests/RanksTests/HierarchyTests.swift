import Ranks
import Synchronization
import Testing

@Suite struct HierarchyTests {
    private let hosts = Hosts(["one", "one", "one", "two", "two", "two"])

    @Test func `by way of hosts each rank sends one message to another host instead of three, of as many bytes`() throws
    {
        let linear = try sent { ranks, outgoing, incoming in
            try ranks.allToAll(outgoing, .even(600), into: &incoming, .even(600), of: .layer(0))
        }
        let hierarchical = try sent { ranks, outgoing, incoming in
            try ranks.allToAll(
                outgoing, .even(600), into: &incoming, .even(600), through: self.hosts, of: .layer(0))
        }
        #expect(linear == Array(repeating: [100, 100, 100], count: 6))
        #expect(hierarchical == Array(repeating: [300], count: 6))
    }

    @Test func `threads find that they share a host`() throws {
        let hosts = try RankThreads.run(3) { try $0.hosts() }
        #expect(hosts.map(\.ranks) == Array(repeating: [[0, 1, 2]], count: 3))
    }

    /// Sizes of the messages that each rank sent to the other host.
    private func sent(
        _ exchange: @Sendable @escaping (Communicator, Span<UInt8>, inout MutableSpan<UInt8>) throws -> Void
    ) throws -> [[Int]] {
        let counters = (0..<6).map { _ in MessageCounter() }
        let hosts = hosts
        let counted = { @Sendable (base: any Transport) -> any Transport in
            CountingTransport(base, hosts, counters[base.rank])
        }
        _ = try RankThreads.run(6, over: counted) { ranks in
            var incoming = [UInt8](repeating: 0, count: 600)
            var span = incoming.mutableSpan
            try exchange(ranks, [UInt8](repeating: 1, count: 600).span, &span)
        }
        return counters.map { $0.sizes.withLock { $0 } }
    }
}

private final class MessageCounter: Sendable {
    let sizes = Mutex<[Int]>([])
}

/// Counts what goes to other hosts.
private final class CountingTransport: Transport {
    let base: any Transport
    let hosts: Hosts
    let counter: MessageCounter

    init(_ base: any Transport, _ hosts: Hosts, _ counter: MessageCounter) {
        self.base = base
        self.hosts = hosts
        self.counter = counter
    }

    var rank: Int { base.rank }
    var count: Int { base.count }

    func begin(_ messages: Messages) throws(RankFailure) -> Ticket {
        let far = (0..<count).filter { !hosts.share(rank, $0) }
        let sizes = far.map { messages.bytes(to: $0, of: count).count }.filter { $0 > 0 }
        counter.sizes.withLock { $0 += sizes }
        return try base.begin(messages)
    }

    func finish(_ ticket: Ticket, within patience: Duration) throws(RankFailure) {
        try base.finish(ticket, within: patience)
    }

    func fail(_ failure: RankFailure) { base.fail(failure) }
}
