import Ranks
import Synchronization
import Testing

@Suite struct FailureTests {
    @Test func `a rank that throws ends the others with its message`() {
        let (failure, seen) = failing(4) { ranks in
            try ranks.barrier(.start)
            if ranks.rank == 2 { throw Fault() }
            try ranks.barrier(.layer(7))
        }
        #expect(failure == "rank 2 failed: no space left on device")
        #expect(seen == [0: failure, 1: failure, 2: Fault().description, 3: failure])
    }

    @Test func `a rank that stays away ends all, itself included, with one message that names it`() {
        let (failure, seen) = failing(4, patience: .milliseconds(50)) { ranks in
            if ranks.rank == 2 {
                // It waits for something else, for as long as the others let it.
                ranks.patience = .seconds(3600)
                var nothing: [UInt8] = [0]
                var span = nothing.mutableSpan
                try ranks.allToAll([UInt8]().span, .none, into: &span, .one(rank: 0, 0..<1), of: .layer(8))
            } else {
                try ranks.barrier(.layer(7))
            }
        }
        #expect(failure == "rank 2 did not arrive at the barrier of layer 7 within 50 ms")
        #expect(seen == [0: failure, 1: failure, 2: failure, 3: failure])
    }

    @Test func `several ranks that stay away are all named`() {
        let (failure, _) = failing(4, patience: .milliseconds(50)) { ranks in
            // Ranks 1 to 3 wait for each other in a circle.
            if ranks.rank > 0 { ranks.patience = .seconds(3600) }
            try ranks.barrier(.layer(ranks.rank))
        }
        #expect(failure == "ranks 1, 2 and 3 did not arrive at the barrier of layer 0 within 50 ms")
    }

    @Test func `a rank that has ended is named at once`() {
        let (failure, seen) = failing(3) { ranks in
            if ranks.rank > 0 { try ranks.barrier(Occasion("step", 3)) }
        }
        #expect(failure == "rank 0 had ended before the barrier of step 3")
        #expect(seen == [1: failure, 2: failure])
    }

    @Test func `a part of another size than was awaited is refused`() {
        let (failure, _) = failing(2) { ranks in
            var bytes = [UInt8](repeating: 0, count: 7)
            var span = bytes.mutableSpan
            let segments = Segments.listed(ranks.rank == 0 ? [0..<3, 3..<7] : [0..<2, 3..<7])
            try ranks.allGather(&span, segments, of: .layer(7))
        }
        #expect(failure == "rank 0 sent 3 bytes to rank 1 in the all-gather of layer 7, where 2 were awaited")
    }

    @Test func `nobody passes a barrier before all have come`() throws {
        let arrived = Atomic<Int>(0)
        let seen = try RankThreads.run(5) { ranks in
            arrived.add(1, ordering: .sequentiallyConsistent)
            try ranks.barrier(.start)
            return arrived.load(ordering: .sequentiallyConsistent)
        }
        #expect(seen == [5, 5, 5, 5, 5])
    }

    @Test func `a link that takes longer than its rank waits is a failure of the sender`() {
        let slow = Links { from, to in from == 1 && to == 0 ? Link(latency: 60, bandwidth: 1e9) : nil }
        let linked = { @Sendable (base: any Transport) -> any Transport in
            LinkTransport(base, slow, clock: CalculatedClock())
        }
        let (failure, seen) = failing(2, patience: .seconds(30), over: linked) { ranks in
            try ranks.barrier(.layer(7))
            try ranks.barrier(.layer(8))
        }
        #expect(failure == "rank 1 did not arrive at the barrier of layer 7 within 30 s")
        #expect(seen == [0: failure, 1: failure])
    }

    /// What the run throws, and what each rank that fails does.
    private func failing(
        _ count: Int, patience: Duration = .seconds(30),
        over transport: @Sendable @escaping (any Transport) -> any Transport = { $0 },
        _ body: @Sendable @escaping (Communicator) throws -> Void
    ) -> (failure: String, seen: [Int: String]) {
        let seen = Seen()
        do {
            _ = try RankThreads.run(count, patience: patience, over: transport) { ranks in
                do {
                    try body(ranks)
                } catch {
                    seen.errors.withLock { $0[ranks.rank] = "\(error)" }
                    throw error
                }
            }
            return ("", seen.errors.withLock { $0 })
        } catch {
            return ("\(error)", seen.errors.withLock { $0 })
        }
    }
}

private final class Seen: Sendable {
    let errors = Mutex<[Int: String]>([:])
}

private struct Fault: Error, CustomStringConvertible {
    let description = "no space left on device"
}
