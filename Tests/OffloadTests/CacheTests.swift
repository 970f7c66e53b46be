import Foundation
import Mixture
import ModelFiles
import Offload
import Profiling
import Synchronization
import Tensors
import Testing

@Suite struct CacheTests {
    @Test func `one slot serves any number of experts`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let cache = try ExpertCache(Store(at: folder("store")), slots: 1)
        let all = try ExpertCache(Store(at: folder("store")), slots: 15)
        for layer in 0..<3 {
            let leases = try cache.lease([4, 1, 0, 3, 2], layer: layer)
            #expect(leases.map(\.expert) == [4, 1, 0, 3, 2])
            for lease in leases {
                let resident = try all.lease([lease.expert], layer: layer)[0]
                #expect(try cache.fingerprint(of: lease, layer: layer) == all.fingerprint(of: resident, layer: layer))
                resident.release()
                lease.release()
            }
        }
        #expect(cache.counters.misses == 15)
        #expect(cache.counters.evictions == 14)
        #expect(cache.counters.bytesRead == 15 * SlabPlan.slotBytes(cache.layout(layer: 0)))
        #expect(cache.counters.readSeconds > 0)
    }

    @Test func `resident experts come first, the others as they were asked for`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let cache = try ExpertCache(Store(at: folder("store")), slots: 5)
        for lease in try cache.lease([3, 1], layer: 0) {
            _ = try cache.fingerprint(of: lease, layer: 0)
            while !lease.isResident {}
            lease.release()
        }
        try waitUntilLanded(cache, [3, 1], layer: 0)
        let leases = try cache.lease([4, 1, 2, 3, 0], layer: 0)
        #expect(leases.map(\.expert) == [1, 3, 4, 2, 0])
        for lease in leases { lease.release() }
    }

    /// An expert is a hit from its last tile on, a moment before the loader's thread says that its read has ended.
    private func comesTrue(_ isTrue: () -> Bool) -> Bool {
        for _ in 0..<1_000_000 {
            if isTrue() { return true }
            sched_yield()
        }
        return false
    }

    private func waitUntilLanded(_ cache: ExpertCache, _ experts: [Int], layer: Int) throws {
        while true {
            let before = cache.counters
            for lease in try cache.lease(experts, layer: layer) { lease.release() }
            if cache.counters.hits - before.hits == experts.count { return }
            sched_yield()
        }
    }

    @Test func `an expert that was read ahead is a hit`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let cache = try ExpertCache(Store(at: folder("store")), slots: 4)
        cache.prefetch([2, 3], layer: 1)
        while cache.counters.bytesRead < 2 * SlabPlan.slotBytes(cache.layout(layer: 1)) { sched_yield() }
        try waitUntilLanded(cache, [2, 3], layer: 1)
        #expect(cache.counters.usefulPrefetches == 2)
        #expect(cache.counters.hits >= 2)
    }

    @Test func `what was read ahead for nothing is counted when it goes`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let cache = try ExpertCache(Store(at: folder("store")), slots: 2)
        cache.prefetch([2], layer: 1)
        while cache.counters.bytesRead < SlabPlan.slotBytes(cache.layout(layer: 1)) { sched_yield() }
        for layer in [0, 1, 2] {
            for lease in try cache.lease([0, 1], layer: layer) {
                _ = try cache.fingerprint(of: lease, layer: layer)
                lease.release()
            }
        }
        #expect(cache.counters.usefulPrefetches == 0)
        #expect(cache.counters.wastedPrefetches <= 1)
        #expect(cache.counters.misses == 6)
    }

    @Test(arguments: [1, 2, 3, 7, 15])
    func `the same bytes at every pool size, whatever is leased, released and predicted`(slots: Int) throws {
        let folder = try TemporaryFolder()
        var options = PackOptions()
        options.tileBytes = 8 << 10
        try Packer(RandomModel(), options: options).pack(to: folder("store"))
        let store = try Store(at: folder("store"))
        let expected = try fingerprints(store)
        for policy: any EvictionPolicy.Type in [LRUPolicy.self, DecayForwardDistancePolicy.self] {
            let cache = try ExpertCache(store, slots: slots, policy: policy)
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                #expect(throws: Never.self) { try roam(cache, expected, seed: UInt64(thread), rounds: 150) }
            }
            let counters = cache.counters
            #expect(counters.hits + counters.misses > 600)
        }
    }

    private func fingerprints(_ store: Store) throws -> [[UInt64]] {
        let cache = try ExpertCache(store, slots: 15)
        return try (0..<3).map { layer in
            try cache.lease([0, 1, 2, 3, 4], layer: layer).map { lease in
                defer { lease.release() }
                return try cache.fingerprint(of: lease, layer: layer)
            }
        }
    }

    /// Leases, predicts and releases at random, some experts without ever looking at them.
    private func roam(_ cache: ExpertCache, _ expected: [[UInt64]], seed: UInt64, rounds: Int) throws {
        var random = RandomNumbers(seed: seed)
        var leases: [any ExpertLease] = []
        for round in 0..<rounds {
            let layer = round % 3
            let asked = (0..<5).shuffled(using: &random).prefix(Int.random(in: 1...5, using: &random))
            if Bool.random(using: &random) {
                cache.prefetch([Int.random(in: 0..<5, using: &random), 1], layer: (layer + 1) % 3)
            }
            try cache.lease(asked.map { ExpertVisits(expert: $0, visits: 1) }, layer: layer, tokens: 1, into: &leases)
            #expect(Set(leases.map(\.expert)) == Set(asked))
            for lease in leases {
                if Int.random(in: 0..<8, using: &random) > 0 {
                    #expect(try cache.fingerprint(of: lease, layer: layer) == expected[layer][lease.expert])
                }
                lease.release()
            }
        }
    }

    @Test func `a cache that has grown has more room until that is withdrawn, and the same bytes all the while`() throws
    {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let store = try Store(at: folder("store"))
        let expected = try fingerprints(store)
        let plan = SlabPlan(layouts: store.layouts, expertsPerLayer: 5, slotsPerSize: 2)
        let cache = try ExpertCache(store, plan)
        let expert = SlabPlan.slotBytes(cache.layout(layer: 0))
        for round in 0..<12 {
            // Not before the last read into what was withdrawn has ended.
            #expect(
                comesTrue {
                    cache.grow(to: plan.filling(plan.bytes + (1 + round % 4) * expert))
                    return cache.slots == 3 + round % 4
                })
            DispatchQueue.concurrentPerform(iterations: 3) { thread in
                // Withdrawn in the middle of it, too.
                if thread == 1, round % 2 == 1 { cache.withdraw() }
                #expect(throws: Never.self) { try roam(cache, expected, seed: UInt64(3 * round + thread), rounds: 40) }
            }
            cache.withdraw()
            #expect(cache.slots == 2)
        }
    }

    @Test func `room for all experts keeps them all, and without it the first are gone`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let store = try Store(at: folder("store"))
        let plan = SlabPlan(layouts: store.layouts, expertsPerLayer: 5, slotsPerSize: 1)
        let cache = try ExpertCache(store, plan)
        cache.grow(to: plan.filling(1 << 40))
        #expect(cache.slots == 15)
        for layer in 0..<3 { try waitUntilLanded(cache, [0, 1, 2, 3, 4], layer: layer) }
        #expect(cache.counters.evictions == 0)
        #expect(comesTrue { cache.untouchedBytes == 0 })
        cache.withdraw()
        #expect(cache.slots == 1)
        #expect(cache.counters.evictions == 14)
    }

    @Test func `memory is touched slot by slot`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let cache = try ExpertCache(Store(at: folder("store")), slots: 3)
        let expert = SlabPlan.slotBytes(cache.layout(layer: 0))
        #expect(cache.untouchedBytes == 3 * expert)
        try waitUntilLanded(cache, [4], layer: 0)
        #expect(comesTrue { cache.untouchedBytes == 2 * expert })
        try waitUntilLanded(cache, [0, 1, 2], layer: 0)
        #expect(comesTrue { cache.untouchedBytes == 0 })
    }

    @Test func `room that is read into is withdrawn when the read has ended`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let store = try Store(at: folder("store"))
        let file = try HeldFile(contentsOf: folder("store/data.mdb"))
        let plan = SlabPlan(layouts: store.layouts, expertsPerLayer: 5, slotsPerSize: 1)
        let cache = try ExpertCache(store, plan, reader: Reader(file))
        cache.grow(to: plan.filling(1 << 40))
        for lease in try cache.lease([0, 1], layer: 0) { lease.release() }
        let reads = [try file.next(), try file.next()]
        cache.withdraw()
        #expect(cache.slots == 1)
        // As long as one read may still write there, there is no other room.
        cache.grow(to: plan.filling(1 << 40))
        #expect(cache.slots == 1)
        for read in reads { read.finish() }
        file.answerAll()
        try waitUntilLanded(cache, [3], layer: 1)
        cache.grow(to: plan.filling(1 << 40))
        #expect(cache.slots == 15)
    }

    @Test func `several threads compute one expert while it lands`() throws {
        let folder = try TemporaryFolder()
        var model = RandomModel()
        (model.architecture.hiddenSize, model.architecture.intermediateSize) = (256, 1024)
        model.architecture.headSize = 64
        try Packer(model).pack(to: folder("store"))
        let cache = try ExpertCache(Store(at: folder("store")), slots: 2)
        let workers = Workers(count: 4)
        let expected = try model.numbers(TensorRole(.expertDown, layer: 2, expert: 4), row: 17)
        for layer in [0, 1, 2] {
            for lease in try cache.lease([0, 4, 2], layer: layer) {
                let tiles = cache.layout(layer: layer).tiles
                try workers.forEach(tiles.count) { tile in
                    if tiles[tile].part == .down {
                        _ = try lease.down(tile: tile)
                    } else {
                        _ = try lease.gateAndUp(tile: tile)
                    }
                }
                if layer == 2, lease.expert == 4 {
                    #expect(try cache.rows(of: lease, layer: layer).down[17] == expected)
                }
                lease.release()
            }
        }
    }
}

@Suite struct DamageTests {
    @Test func `a damaged tile is named to who waits for it, and the tiles before it serve`() throws {
        let folder = try TemporaryFolder()
        var options = PackOptions()
        options.tileBytes = 8 << 10
        try Packer(RandomModel(), options: options).pack(to: folder("store"))
        let layout = try Store(at: folder("store")).layouts[0]
        let offset = try find(TensorRole(.expertDown, layer: 1, expert: 2), in: folder("store/data.mdb"))
        try patch(folder("store/data.mdb"), at: offset) { $0 ^= 1 }
        let cache = try ExpertCache(Store(at: folder("store")), slots: 2)
        let leases = try cache.lease([1, 2, 3], layer: 1)
        for lease in leases {
            defer { lease.release() }
            guard lease.expert == 2 else {
                #expect(throws: Never.self) { try cache.fingerprint(of: lease, layer: 1) }
                continue
            }
            _ = try lease.gateAndUp(tile: 0)
            let error = #expect(throws: ExpertError.self) { try lease.down(tile: layout.tiles.count - 1) }
            #expect(error?.layer == 1)
            #expect(error?.expert == 2)
            #expect(error?.tile == layout.gateAndUpTiles)
            #expect(error?.store == folder("store"))
        }
        // It fails again, and does not keep its slot.
        for _ in 0..<3 {
            let lease = try cache.lease([2], layer: 1)[0]
            #expect(throws: ExpertError.self) { try cache.fingerprint(of: lease, layer: 1) }
            lease.release()
        }
    }

    /// Where the first row of an f32 tensor lies in a file.
    private func find(_ role: TensorRole, in path: String) throws -> Int {
        let row = try RandomModel().numbers(role, row: 0)
        let bytes = row.withUnsafeBytes { Data($0) }
        let file = try Data(contentsOf: URL(filePath: path))
        return try #require(file.range(of: bytes)).lowerBound
    }

    @Test func `a file that shrinks under an open store ends in an error`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let cache = try ExpertCache(Store(at: folder("store")), slots: 2)
        let file = try FileHandle(forUpdating: URL(filePath: folder("store/data.mdb")))
        try file.truncate(atOffset: 65536)
        var failures = 0
        for lease in try cache.lease([0, 1, 2, 3, 4], layer: 2) {
            do { _ = try cache.fingerprint(of: lease, layer: 2) } catch is ExpertError { failures += 1 }
            lease.release()
        }
        #expect(failures == 5)
    }

    @Test func `no flipped bit and no cut crashes or goes unnoticed`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let model = RandomModel.tiny
        try Packer(model).pack(to: folder("store"))
        let right = try contents(folder("store"))
        let data = try Data(contentsOf: URL(filePath: folder("store/data.mdb")))
        let checksum = try Data(contentsOf: URL(filePath: folder("store/tree.crc")))
        var random = RandomNumbers(seed: 5)
        var noticed = 0
        for round in 0..<4000 {
            // A file of its own each time: one that was replaced in place might still be open.
            let path = folder("damaged \(round)")
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: path) }
            try damaged(data, round, &random).write(to: URL(filePath: path + "/data.mdb"))
            try checksum.write(to: URL(filePath: path + "/tree.crc"))
            do {
                let found = try contents(path)
                #expect(found == right, "round \(round)")
            } catch {
                noticed += 1
            }
        }
        #expect(noticed > 2000)
    }

    @Test func `packing goes on in no damaged store without its end being right or refused`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let model = RandomModel.tiny
        try Packer(model).pack(to: folder("whole"))
        let right = try contents(folder("whole"))
        #expect(throws: PackError.cancelled) {
            try Packer(model).pack(to: folder("store")) { if $0.expertsDone == 1 { throw PackError.cancelled } }
        }
        let data = try Data(contentsOf: URL(filePath: folder("store/data.mdb")))
        var random = RandomNumbers(seed: 6)
        for round in 0..<600 {
            let path = folder("damaged \(round)")
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: path) }
            try damaged(data, round, &random).write(to: URL(filePath: path + "/data.mdb"))
            do {
                try Packer(model).pack(to: path)
                let found = try contents(path)
                #expect(found == right, "round \(round)")
            } catch is StoreError {} catch is ExpertError {} catch is LMDBError {}
        }
    }

    /// A third of the damage hits the pages with pointers, a third anything, and some files are cut.
    private func damaged(_ data: Data, _ round: Int, _ random: inout RandomNumbers) -> Data {
        var data = data
        switch round % 6 {
        case 0: data = data.prefix(Int.random(in: 0..<data.count, using: &random))
        case 1, 2:
            data[Int.random(in: 0..<300, using: &random) + 4096 * Int.random(in: 0...1, using: &random)] ^= flip(
                &random)
        case 3:
            let trees = stride(from: 8192, to: data.count, by: 4096).filter {
                [1, 2].contains(data[$0 + 10]) && data[$0 + 11] == 0
            }
            data[trees.randomElement(using: &random)! + Int.random(in: 0..<4096, using: &random)] ^= flip(&random)
        default: data[Int.random(in: 0..<data.count, using: &random)] ^= flip(&random)
        }
        return data
    }

    private func flip(_ random: inout RandomNumbers) -> UInt8 { 1 << UInt8.random(in: 0..<8, using: &random) }

    /// Everything a store holds.
    private func contents(_ path: String) throws -> [[Float]] {
        let store = try Store(at: path)
        let dense = try store.loadDense()
        var numbers: [[Float]] = TensorRole.dense(of: store.manifest.architecture).flatMap { role in
            (0..<dense[role]!.rows).map { row($0, of: dense[role]!) }
        }
        numbers.append(store.tokenizer.scores)
        let cache = try ExpertCache(store, slots: 1)
        for layer in 0..<store.layouts.count {
            for expert in 0..<store.manifest.architecture.expertCount {
                let lease = try cache.lease([expert], layer: layer)[0]
                defer { lease.release() }
                let rows = try cache.rows(of: lease, layer: layer)
                numbers += rows.gate + rows.up + rows.down
            }
        }
        return numbers
    }
}
