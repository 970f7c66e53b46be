import Glibc
import Synchronization
import Tensors
import Testing

struct WorkersTests {
    private struct Mishap: Error, Equatable { var tile: Int }

    @Test(arguments: [1, 2, 3, 8])
    func `every tile runs once`(threads: Int) {
        let workers = Workers(count: threads)
        #expect(workers.count == threads)
        for tiles in [0, 1, 2, 7, 1000] {
            let counts = (0..<tiles).map { _ in Counter() }
            workers.forEach(tiles) { counts[$0].count.add(1, ordering: .relaxed) }
            #expect(counts.allSatisfy { $0.count.load(ordering: .relaxed) == 1 })
        }
    }

    private final class Counter: Sendable {
        let count = Atomic(0)
    }

    @Test func `many small loops follow each other`() {
        let workers = Workers(count: 4)
        let sum = Atomic(0)
        for _ in 0..<20_000 { workers.forEach(5) { sum.add($0, ordering: .relaxed) } }
        #expect(sum.load(ordering: .relaxed) == 20_000 * 10)
    }

    @Test(arguments: [1, 3])
    func `an error ends the loop and comes out of it`(threads: Int) {
        let workers = Workers(count: threads)
        let ran = Atomic(0)
        #expect(throws: Mishap(tile: 3)) {
            try workers.forEach(1_000_000) { tile in
                ran.add(1, ordering: .relaxed)
                if tile == 3 { throw Mishap(tile: tile) }
            }
        }
        #expect(ran.load(ordering: .relaxed) < 1_000_000)
        workers.forEach(3) { _ in ran.store(0, ordering: .relaxed) }
        #expect(ran.load(ordering: .relaxed) == 0)
    }

    @Test(arguments: [1, 3])
    func `work that is cancelled begins no other tile, and asks no more`(threads: Int) throws {
        let workers = Workers(count: threads)
        let ran = Atomic(0)
        var asked = 0
        let isCancelled = {
            asked += 1
            return asked == 5
        }
        #expect(throws: CancellationError.self) {
            try workers.cancellable(by: isCancelled) {
                for _ in 0..<10 { workers.forEach(100_000) { _ in ran.add(1, ordering: .relaxed) } }
            }
        }
        #expect(asked == 5)
        #expect(ran.load(ordering: .relaxed) < 500_000)
        // What comes after is not cancelled.
        ran.store(0, ordering: .relaxed)
        workers.forEach(9) { _ in ran.add(1, ordering: .relaxed) }
        #expect(ran.load(ordering: .relaxed) == 9)
    }

    @Test(arguments: [1, 3])
    func `a loop that may fail says that it was cancelled, once`(threads: Int) throws {
        let workers = Workers(count: threads)
        let caller = pthread_self()
        let asked = Atomic(0)
        let isCancelled = { asked.add(1, ordering: .relaxed).newValue == 3 }
        var caught = 0
        func count(_ work: () throws -> Void) {
            do { try work() } catch { caught += error is CancellationError ? 1 : 0 }
        }
        count {
            try workers.cancellable(by: isCancelled) {
                // The caller alone asks, so the others leave it the work until it has.
                count {
                    try workers.forEach(100_000) { _ in
                        while pthread_equal(caller, pthread_self()) == 0, asked.load(ordering: .relaxed) < 3 {
                            sched_yield()
                        }
                        try Self.nothing()
                    }
                }
                count { try workers.checkCancellation() }
            }
        }
        #expect(caught == 3)
        #expect(asked.load(ordering: .relaxed) == 3)
    }

    private static func nothing() throws {}

    @Test func `the thread that waits for others asks meanwhile, and they hear of it`() throws {
        let workers = Workers(count: 2)
        let caller = pthread_self()
        let arrived = Atomic(0)
        var asked = 0
        // Before its own tile, before another one that is not there, and then out of its sleep.
        let isCancelled = {
            asked += 1
            return asked >= 5
        }
        #expect(throws: CancellationError.self) {
            try workers.cancellable(by: isCancelled) {
                workers.forEach(2) { _ in
                    arrived.add(1, ordering: .acquiringAndReleasing)
                    while arrived.load(ordering: .acquiring) < 2 { usleep(100) }
                    guard pthread_equal(pthread_self(), caller) == 0 else { return }
                    while !workers.isCancelled { usleep(100) }
                }
            }
        }
        #expect(asked == 5)
    }

    @Test func `bodies may wait for each other's threads`() {
        let workers = Workers(count: 2)
        let arrived = Atomic(0)
        for _ in 0..<20 {
            arrived.store(0, ordering: .relaxed)
            // Both bodies must be under way at once for either to end.
            workers.forEach(2) { _ in
                arrived.add(1, ordering: .acquiringAndReleasing)
                while arrived.load(ordering: .acquiring) < 2 { usleep(100) }
            }
        }
        #expect(arrived.load(ordering: .relaxed) == 2)
    }

    @Test func `threads sleep between loops and wake for the next`() {
        let workers = Workers(count: 3)
        let sum = Atomic(0)
        for _ in 0..<30 {
            workers.forEach(3) { _ in
                usleep(200)
                sum.add(1, ordering: .relaxed)
            }
            usleep(1000)
        }
        #expect(sum.load(ordering: .relaxed) == 90)
    }

    @Test func `crews come and go`() {
        let sum = Atomic(0)
        for _ in 0..<200 {
            let workers = Workers(count: 3)
            workers.forEach(4) { sum.add($0, ordering: .relaxed) }
        }
        #expect(sum.load(ordering: .relaxed) == 200 * 6)
    }

    @Test func `a loop inside a loop is a mistake`() async {
        await #expect(processExitsWith: .failure) {
            let workers = Workers(count: 2)
            workers.forEach(2) { _ in workers.forEach(2) { _ in } }
        }
    }
}
