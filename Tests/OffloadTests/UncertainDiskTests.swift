import CUV
import Foundation
import Mixture
import ModelFiles
import Offload
import Profiling
import Tensors
import Testing

/// A cache whose reads end as a test says.
@Suite final class UncertainDiskTests: Sendable {
    private static let page = 4096

    private let folder: TemporaryFolder
    private let store: Store
    private let file: HeldFile
    /// What each expert of each layer holds.
    private let expected: [[UInt64]]

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        var options = PackOptions()
        options.tileBytes = 8 << 10
        try Packer(RandomModel(), options: options).pack(to: folder("store"))
        store = try Store(at: folder("store"))
        file = try HeldFile(contentsOf: folder("store/data.mdb"))
        let cache = try ExpertCache(store, slots: 15)
        expected = try (0..<3).map { layer in
            try cache.lease([0, 1, 2, 3, 4], layer: layer).map { lease in
                defer { lease.release() }
                return try cache.fingerprint(of: lease, layer: layer)
            }
        }
    }

    /// - Parameter pieces: reads that an expert takes; all experts have the same size.
    private func reader(lanes: Int = 4, pieces: Int = 1) throws -> Reader {
        let pages = SlabPlan.slotBytes(store.layouts[0]) / Self.page
        return try Reader(file, pieceBytes: (pages + pieces - 1) / pieces * Self.page, lanes: lanes)
    }

    private func cache(slots: Int, _ reader: Reader) throws -> ExpertCache {
        let plan = SlabPlan(layouts: store.layouts, expertsPerLayer: 5, slotsPerSize: slots)
        return try ExpertCache(store, plan, reader: reader)
    }

    private func cache(slots: Int, lanes: Int = 4, pieces: Int = 1) throws -> ExpertCache {
        try cache(slots: slots, reader(lanes: lanes, pieces: pieces))
    }

    private func check(_ lease: any ExpertLease, _ cache: ExpertCache, layer: Int = 0) throws {
        #expect(try cache.fingerprint(of: lease, layer: layer) == expected[layer][lease.expert])
    }

    @Test func `a failed read is told to who waits for the expert, and tried again with the next lease`() throws {
        let cache = try cache(slots: 2)
        let lease = try cache.lease([2], layer: 0)[0]
        let read = try file.next()
        let waiting = Waiting { try lease.gateAndUp(tile: 0) }
        read.fail(UV_EIO)
        let error = try #require(waiting.error as? ExpertError)
        #expect(error.expert == 2 && error.layer == 0 && error.tile == nil)
        #expect(error.found.hasPrefix("cannot be read: held.bin cannot be read at byte"))
        #expect(error.found.hasSuffix("i/o error"))
        #expect(throws: ExpertError.self) { try lease.gateAndUp(tile: 0) }
        lease.release()
        let again = try cache.lease([2], layer: 0)[0]
        try file.next().finish()
        try check(again, cache)
        again.release()
        #expect(cache.counters.misses == 2)
    }

    @Test func `what is there before a read fails can be used`() throws {
        let cache = try cache(slots: 2, lanes: 1, pieces: 4)
        let lease = try cache.lease([1], layer: 0)[0]
        try file.next().finish()
        let second = try file.next()
        _ = try lease.gateAndUp(tile: 0)
        second.fail(UV_EIO)
        let last = cache.layout(layer: 0).tiles.count - 1
        #expect(throws: ExpertError.self) { try lease.down(tile: last) }
        _ = try lease.gateAndUp(tile: 0)
        lease.release()
    }

    @Test func `a slot that an expert failed in goes to the next who waits`() throws {
        let cache = try cache(slots: 1)
        let leases = try cache.lease([0, 1], layer: 0)
        try file.next().fail(UV_EIO)
        #expect(throws: ExpertError.self) { try cache.fingerprint(of: leases[0], layer: 0) }
        leases[0].release()
        try file.next().finish()
        try check(leases[1], cache)
        leases[1].release()
    }

    @Test func `a read ahead that failed is tried again when the expert is asked for`() throws {
        let cache = try cache(slots: 3, lanes: 1)
        cache.prefetch([3], layer: 0)
        cache.prefetch([4], layer: 0)
        try file.next().fail(UV_EIO)
        try file.next().finish()
        // Expert 4 has begun, so what became of expert 3 is known.
        let leases = try cache.lease([3, 4], layer: 0)
        file.answerAll()
        for lease in leases { try check(lease, cache) }
        for lease in leases { lease.release() }
    }

    @Test func `a read ahead that is demanded overtakes those that are not`() throws {
        let reader = try reader(lanes: 1, pieces: 2)
        let cache = try cache(slots: 5, reader)
        cache.prefetch([0, 1, 2], layer: 0)
        let first = try file.next()
        let lease = try cache.lease([2], layer: 0)[0]
        try reader.settle()
        first.finish()
        let second = try file.next()
        #expect(second.range.lowerBound != first.range.upperBound)  // Of expert 2, not the rest of expert 0.
        second.finish()
        let third = try file.next()
        #expect(third.range.lowerBound == second.range.upperBound)
        file.answerAll()
        third.finish()
        try check(lease, cache)
        lease.release()
    }

    @Test func `a read ahead that is cancelled and asked for after all goes on, and no byte is read twice`() throws {
        let reader = try reader(lanes: 4, pieces: 3)
        let cache = try cache(slots: 3, reader)
        cache.prefetch([1, 4], layer: 0)
        let reads = try (0..<4).map { _ in try file.next() }  // All of expert 1, and what comes first of expert 4.
        // Expert 2 takes the free slot, and for expert 3 the last of those read ahead, 4, is cancelled.
        let leases = try cache.lease([2, 3], layer: 0)
        try reader.settle()
        let after = try cache.lease([4], layer: 0)[0]
        try reader.settle()
        file.answerAll()
        for read in reads { read.finish() }
        for lease in leases + [after] {
            try check(lease, cache)
            lease.release()
        }
        #expect(cache.counters.misses == 3)
        #expect(cache.counters.bytesRead == 4 * SlabPlan.slotBytes(cache.layout(layer: 0)))
    }

    @Test func `a read ahead that was cancelled in the middle gives its slot to who waits`() throws {
        let reader = try reader(lanes: 1, pieces: 3)
        let cache = try cache(slots: 2, reader)
        cache.prefetch([4], layer: 0)
        let ahead = try file.next()
        let leases = try cache.lease([2, 3], layer: 0)
        try reader.settle()
        file.answerAll()
        ahead.finish()
        for lease in leases {
            try check(lease, cache)
            lease.release()
        }
        // Of expert 4 a third was read, of the others all.
        let bytes = SlabPlan.slotBytes(cache.layout(layer: 0))
        #expect(cache.counters.bytesRead < 2 * bytes + bytes / 2)
        let again = try cache.lease([4], layer: 0)[0]
        try check(again, cache)
        again.release()
    }

    @Test func `an expert that nobody waits for any more still lands, and is a hit`() throws {
        let cache = try cache(slots: 2)
        try cache.lease([2], layer: 1)[0].release()
        let read = try file.next()
        let lease = try cache.lease([2], layer: 1)[0]
        read.finish()
        try check(lease, cache, layer: 1)
        lease.release()
        #expect(file.beginnings == 1)
    }

    @Test func `a cache that goes away waits for the reads under way`() throws {
        var cache: ExpertCache? = try cache(slots: 4, lanes: 2, pieces: 2)
        cache?.prefetch([0, 1, 2], layer: 0)
        let reads = try [file.next(), file.next()]
        weak let seen = cache
        let owner = Handover(cache)
        cache = nil
        let gone = Waiting { owner.letGo() }
        #expect(!gone.isOver)
        file.answerAll()
        reads[0].fail(UV_EIO)
        reads[1].finish()
        try gone.value()
        #expect(seen == nil)
    }

    @Test func `leases keep the cache alive while their reads are under way`() throws {
        var cache: ExpertCache? = try cache(slots: 2)
        let layout = store.layouts[0]
        let lease = try cache!.lease([3], layer: 0)[0]
        let read = try file.next()
        weak let seen = cache
        cache = nil
        #expect(seen != nil)
        read.finish()
        _ = try lease.down(tile: layout.tiles.count - 1)
        lease.release()
        #expect(seen == nil)
    }

    @Test func `a cache that goes away leaves nothing behind`() throws {
        weak var expert: (any ExpertLease)?
        file.answerAll()
        do {
            let cache = try cache(slots: 2)
            let lease = try cache.lease([3], layer: 0)[0]
            try check(lease, cache)
            lease.release()
            expert = lease
            #expect(expert != nil)
        }
        #expect(expert == nil)
    }

    @Test(arguments: [1, 2, 3, 7])
    func `every lease has the right bytes or an error, whatever the disk does`(slots: Int) throws {
        let calls = Counter()
        file.answerAll { read in
            var random = RandomNumbers(seed: 11, stream: UInt64(calls.next()))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: read.fail(UV_EIO)
            case 1: read.fail(UV_EINTR)
            case 2: read.finish(max(Self.page, Int.random(in: 0...read.range.count, using: &random)))
            default: read.finish()
            }
        }
        let cache = try cache(slots: slots, lanes: 3, pieces: 3)
        let (right, failed) = (Counter(), Counter())
        DispatchQueue.concurrentPerform(iterations: 3) { thread in
            #expect(throws: Never.self) {
                var random = RandomNumbers(seed: UInt64(thread))
                for round in 0..<120 {
                    let layer = round % 3
                    let asked = (0..<5).shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random))
                    if Bool.random(using: &random) {
                        cache.prefetch([Int.random(in: 0..<5, using: &random)], layer: (layer + 1) % 3)
                    }
                    for lease in try cache.lease(Array(asked), layer: layer) {
                        do {
                            let found = try cache.fingerprint(of: lease, layer: layer)
                            #expect(found == expected[layer][lease.expert])
                            right.next()
                        } catch is ExpertError {
                            failed.next()
                        }
                        lease.release()
                    }
                }
            }
        }
        #expect(right.count > 100)
        #expect(failed.count > 0)
        file.answerAll()
        for layer in 0..<3 {
            for lease in try cache.lease([0, 1, 2, 3, 4], layer: layer) {
                // One may still be landing from before.
                do { try check(lease, cache, layer: layer) } catch is ExpertError {}
                lease.release()
            }
        }
    }

    @Test func `dense weights have the same bytes whatever comes first, in whatever stretches`() throws {
        let right = try numbers(store.loadDense())
        let loading = Waiting { [self] in try numbers(store.loadDense(reading: file)) }
        let first = try file.next()
        let calls = Counter()
        file.answerAll { read in read.finish(calls.next() % 3 == 0 ? max(Self.page, read.range.count / 2) : .max) }
        first.finish()
        #expect(try loading.value() == right)
    }

    @Test(arguments: [0, 1, 5])
    func `dense weights that cannot be read end loading with the reason`(read number: Int) throws {
        let calls = Counter()
        file.answerAll { read in
            if calls.next() == number { read.fail(UV_EIO) } else { read.finish() }
        }
        let error = #expect(throws: ReadError.self) { try store.loadDense(reading: file) }
        #expect(error?.found.hasPrefix("cannot be read at byte") == true)
        #expect(error?.found.hasSuffix("i/o error") == true)
        file.answerAll()
        #expect(throws: Never.self) { try store.loadDense(reading: file) }
    }

    private func numbers(_ dense: [TensorRole: WeightMatrix]) -> [[Float]] {
        TensorRole.dense(of: store.manifest.architecture).flatMap { role in
            (0..<dense[role]!.rows).map { row($0, of: dense[role]!) }
        }
    }
}

/// Something that a thread of its own waits for.
private final class Waiting<Value>: @unchecked Sendable {  // `condition` guards the result.
    private let condition = NSCondition()
    private var result: Result<Value, any Error>?

    init(_ body: @escaping @Sendable () throws -> Value) {
        let thread = Thread { [self] in
            let result = Result { try body() }
            condition.withLock {
                self.result = result
                condition.broadcast()
            }
        }
        thread.start()
    }

    var isOver: Bool { condition.withLock { result != nil } }

    /// Waits for the end.
    func value() throws -> Value {
        try condition.withLock {
            while result == nil { condition.wait() }
            return try result!.get()
        }
    }

    var error: (any Error)? {
        do {
            _ = try value()
            return nil
        } catch {
            return error
        }
    }
}

/// Holds something until another thread lets go of it.
private final class Handover<Value>: @unchecked Sendable {  // One thread at a time.
    private var value: Value?

    init(_ value: Value) { self.value = value }

    func letGo() { value = nil }
}

private final class Counter: @unchecked Sendable {  // Locked.
    private let lock = NSLock()
    private var number = 0

    var count: Int { lock.withLock { number } }

    /// The number so far, which grows by one.
    @discardableResult
    func next() -> Int {
        lock.withLock {
            number += 1
            return number - 1
        }
    }
}
