import Mixture
import ModelFiles
import Profiling
import Synchronization
import Tensors

/// Where every expert is: the states behind ``ExpertCache``, all under one lock.
///
/// An expert is absent, waits for a slot, lands in it, and is resident; with no lease left it may be evicted. Demands
/// that find no slot wait in line. Slots are given in that order, so a caller who computes and releases in the order of
/// the leases always gets the slot that the first of them needs. Of several callers each could hold what another waits
/// for; so one that finds leases of others is let in only when there is room for all of them together.
final class ExpertTable: @unchecked Sendable {  // `monitor` guards every variable.
    let path: String
    let monitor = Monitor()
    let reader: Reader
    let pool: Mapping
    /// The slots that there are always.
    let plan: SlabPlan
    /// Those beside them.
    var addition: Addition?
    private let expertsPerLayer: Int
    private var policy: any EvictionPolicy
    private var experts: [CachedExpert] = []
    var sizes: [Size] = []
    /// Experts predicted for the next time tokens come to a layer.
    private var expected: [[ExpertIndex]]
    private var counters = OffloadCounters()
    private var waitTime = BusyTime()

    /// The slots of one size.
    struct Size {
        var slots: [Slot] = []
        var free: [Slot] = []
        /// Experts that wait for a slot.
        var waiting: [CachedExpert] = []
        var idle: IdleList
        /// The same, but predicted to be needed soon.
        var idleExpected: IdleList
        /// Experts being read ahead.
        var ahead: [CachedExpert] = []
        /// Experts with a lease.
        var held = 0
        /// Experts that were read ahead, or are just now, and that nobody has asked for so far.
        var unused = 0
    }

    init(
        _ store: Store, _ plan: SlabPlan, _ policy: any EvictionPolicy, _ reader: Reader, _ nodes: MemoryNodes
    ) throws {
        path = store.path
        self.plan = plan
        self.policy = policy
        self.reader = reader
        expertsPerLayer = store.manifest.architecture.expertCount
        expected = [[ExpertIndex]](repeating: [], count: store.layouts.count)
        pool = try Mapping(plan.bytes)
        makeSlots(plan)
        makeExperts(store, plan)
        if nodes.count > 1 { place(store.layouts, plan, on: nodes) }
    }

    /// A slot and the expert in it keep each other alive until then.
    deinit {
        for size in sizes { for slot in size.slots { slot.leave() } }
        for slot in addition?.slots ?? [] { slot.leave() }
    }

    /// ``ExpertSource/lease(_:layer:tokens:into:)``.
    func lease(
        _ asked: [ExpertVisits], layer: Int, tokens: Int, from cache: ExpertCache, into leases: inout [any ExpertLease]
    ) {
        guard let first = asked.first else {
            monitor.withLock {
                policy.enter(layer: layer, tokens: tokens)
                endExpectations(layer)
            }
            return leases.removeAll(keepingCapacity: true)
        }
        let sizeClass = self[layer, first.expert].sizeClass
        var isWaiting = false
        monitor.wait {
            guard hasRoom(for: asked, layer, sizeClass) else {
                if !isWaiting { waitTime.begin() }
                isWaiting = true
                return false
            }
            if isWaiting { waitTime.end() }
            policy.enter(layer: layer, tokens: tokens)
            leases.removeAll(keepingCapacity: true)
            for visits in asked { note(self[layer, visits.expert]) }
            for visits in asked { leaseIfWhole(self[layer, visits.expert], visits.visits, cache, &leases) }
            for visits in asked { leaseIfLanding(self[layer, visits.expert], cache, &leases) }
            for visits in asked { leaseIfAbsent(self[layer, visits.expert], cache, &leases) }
            endExpectations(layer)
            giveSlots(sizeClass: sizeClass)
            return true
        }
        reader.wake()
    }

    /// ``ExpertSource/prefetch(_:layer:)``.
    func prefetch(_ predicted: [Int], layer: Int) {
        monitor.withLock {
            for expert in predicted { prefetch(self[layer, expert]) }
        }
        reader.wake()
    }

    func release(_ expert: CachedExpert) {
        // When this is the last reference to the cache, it must not go away before the lock is free.
        let cache = monitor.withLock {
            let cache = expert.cache
            precondition(expert.leases > 0, "expert \(expert.expert) of layer \(expert.layer) is released too often")
            expert.leases -= 1
            guard expert.leases == 0 else { return cache }
            expert.cache = nil
            sizes[expert.sizeClass].held -= 1
            settle(expert)
            giveSlots(sizeClass: expert.sizeClass)
            if waitTime.isBusy { monitor.wakeAll() }
            return cache
        }
        reader.wake()
        withExtendedLifetime(cache) {}
    }

    /// Waits until a tile can be used.
    ///
    /// - Throws: why it could not be read; `CancellationError` when `isCancelled` says yes before.
    func wait(for expert: CachedExpert, tile: Int, unless isCancelled: () -> Bool) throws {
        var failure: (any Error)?
        var isWaiting = false
        let hasCome = monitor.wait(unless: isCancelled) {
            precondition(expert.leases > 0, "expert \(expert.expert) of layer \(expert.layer) is used without a lease")
            if case .failed(let error) = expert.state { failure = error }
            let isReady = expert.readyTiles.load(ordering: .acquiring) > tile
            if isReady { failure = nil }
            if isReady || failure != nil {
                if isWaiting { waitTime.end() }
                return true
            }
            if !isWaiting { waitTime.begin() }
            isWaiting = true
            return false
        }
        if !hasCome {
            monitor.withLock { waitTime.end() }
            throw CancellationError()
        }
        if let failure { throw failure }
    }

    /// Publishes tiles that were found right. On the loader's thread.
    func show(_ expert: CachedExpert, tiles: Int) {
        expert.readyTiles.store(tiles, ordering: .releasing)
        monitor.withLock {}  // Who is about to wait has either seen them or is waiting by now.
        monitor.wakeAll()
    }

    /// A transfer is over. On the loader's thread.
    func ended(_ slot: Slot, _ outcome: TransferOutcome) {
        monitor.withLock {
            guard let expert = slot.expert else { return }
            sizes[slot.sizeClass].ahead.removeAll { $0 === expert }
            switch outcome {
            case .landed:
                expert.state = .resident
                slot.touch()
            case .failed(let error):
                expert.state = .failed(error is ExpertError ? error : expert.error(found: "cannot be read: \(error)"))
            case .cancelled:
                // Asked for after all: then the reader has been told to go on with it.
                if case .landing(.demanded) = expert.state { return }
                vacate(expert)
            }
            if expert.leases == 0 { settle(expert) }
            giveSlots(sizeClass: slot.sizeClass)
        }
        monitor.wakeAll()
        reader.wake()
    }

    func count() -> OffloadCounters {
        monitor.withLock {
            var counters = counters
            counters.bytesRead = reader.bytesRead
            counters.readSeconds = reader.readSeconds
            counters.waitSeconds = waitTime.seconds
            return counters
        }
    }
}

// Everything below runs under the lock.

extension ExpertTable {
    private subscript(layer: Int, expert: Int) -> CachedExpert {
        precondition(expert >= 0 && expert < expertsPerLayer, "expert \(expert) of \(expertsPerLayer)")
        return experts[layer * expertsPerLayer + expert]
    }

    /// Whether a caller may have leases beside those there are.
    private func hasRoom(for asked: [ExpertVisits], _ layer: Int, _ sizeClass: Int) -> Bool {
        if sizes[sizeClass].held == 0 { return true }
        let more = asked.count { self[layer, $0.expert].leases == 0 }
        return sizes[sizeClass].held + more <= sizes[sizeClass].slots.count
    }

    /// Looks once whether all of an expert is there: its last bytes may be, and the loader's thread have yet to say so.
    private func note(_ expert: CachedExpert) {
        expert.wasWhole =
            switch expert.state {
            case .resident: true
            case .landing: expert.isResident
            case .absent, .waiting, .failed: false
            }
    }

    private func leaseIfWhole(
        _ expert: CachedExpert, _ visits: Int, _ cache: ExpertCache, _ leases: inout [any ExpertLease]
    ) {
        policy.use(expert.index, visits: visits)
        guard expert.wasWhole else { return }
        demand(expert)
        hold(expert, cache, &leases)
        counters.hits += 1
    }

    /// What has a slot already comes before what needs one: who computes in this order never holds a slot in vain.
    private func leaseIfLanding(_ expert: CachedExpert, _ cache: ExpertCache, _ leases: inout [any ExpertLease]) {
        guard !expert.wasWhole else { return }
        switch expert.state {
        case .landing, .failed: break
        case .resident, .absent, .waiting: return
        }
        demand(expert)
        hold(expert, cache, &leases)
        counters.misses += 1
    }

    /// What has been read ahead is asked for by now.
    private func demand(_ expert: CachedExpert) {
        guard case .landing(.ahead) = expert.state, let slot = expert.slot else { return }
        expert.state = .landing(.demanded)
        sizes[expert.sizeClass].ahead.removeAll { $0 === expert }
        reader.promote(slot.transfer)
    }

    private func leaseIfAbsent(_ expert: CachedExpert, _ cache: ExpertCache, _ leases: inout [any ExpertLease]) {
        switch expert.state {
        case .absent:
            expert.state = .waiting
            sizes[expert.sizeClass].waiting.append(expert)
        case .waiting: break
        case .resident, .landing, .failed: return
        }
        hold(expert, cache, &leases)
        counters.misses += 1
    }

    private func hold(_ expert: CachedExpert, _ cache: ExpertCache, _ leases: inout [any ExpertLease]) {
        if expert.leases == 0 {
            removeFromIdle(expert)
            sizes[expert.sizeClass].held += 1
        }
        if expert.isReadAhead { counters.usefulPrefetches += 1 }
        endReadAhead(expert)
        expert.leases += 1
        expert.cache = cache
        leases.append(expert)
    }

    /// Finds a place for an expert that nobody leases any more.
    private func settle(_ expert: CachedExpert) {
        switch expert.state {
        case .resident:
            addToIdle(expert)
        case .failed:
            vacate(expert)
        case .waiting:
            sizes[expert.sizeClass].waiting.removeAll { $0 === expert }
            expert.state = .absent
        case .absent, .landing: break
        }
    }

    /// Gives slots to the experts that wait for one, in their order.
    func giveSlots(sizeClass: Int) {
        while let expert = sizes[sizeClass].waiting.first {
            guard let slot = freeSlot(sizeClass) ?? slotOfIdle(sizeClass) ?? slotOfExpected(sizeClass)
            else { return cancelReadingAhead(sizeClass) }
            sizes[sizeClass].waiting.removeFirst()
            read(expert, into: slot, .demanded)
        }
    }

    /// Takes slots back from experts that are only predicted, as many as are waited for.
    private func cancelReadingAhead(_ sizeClass: Int) {
        for expert in sizes[sizeClass].ahead.suffix(sizes[sizeClass].waiting.count) {
            if let slot = expert.slot { reader.cancel(slot.transfer) }
        }
    }

    private func prefetch(_ expert: CachedExpert) {
        switch expert.state {
        case .resident:
            expect(expert)
        case .absent:
            guard let slot = slotToReadAhead(expert.sizeClass) else { return }
            expect(expert)
            expert.isReadAhead = true
            sizes[expert.sizeClass].unused += 1
            sizes[expert.sizeClass].ahead.append(expert)
            read(expert, into: slot, .ahead)
        case .waiting, .landing, .failed: break
        }
    }

    private func read(_ expert: CachedExpert, into slot: Slot, _ urgency: Reader.Urgency) {
        expert.state = .landing(urgency)
        expert.slot = slot
        slot.take(expert)
        reader.start(slot.transfer, urgency)
    }

    private func freeSlot(_ sizeClass: Int) -> Slot? { sizes[sizeClass].free.popLast() }

    /// One that is withdrawn leaves no slot.
    private func slotOfIdle(_ sizeClass: Int) -> Slot? {
        while !sizes[sizeClass].idle.experts.isEmpty {
            evict(experts[victim(among: sizes[sizeClass].idle.experts)])
            if let slot = freeSlot(sizeClass) { return slot }
        }
        return nil
    }

    private func slotOfExpected(_ sizeClass: Int) -> Slot? {
        while !sizes[sizeClass].idleExpected.experts.isEmpty {
            evict(experts[victim(among: sizes[sizeClass].idleExpected.experts)])
            if let slot = freeSlot(sizeClass) { return slot }
        }
        return nil
    }

    private func victim(among candidates: [ExpertIndex]) -> ExpertIndex {
        candidates[policy.victim(among: candidates.span)]
    }

    /// Those who wait for a slot go first, and one slot stays for them, so that nobody who asks for an expert takes away
    /// one that was read ahead and is needed later.
    private func slotToReadAhead(_ sizeClass: Int) -> Slot? {
        guard sizes[sizeClass].waiting.isEmpty, sizes[sizeClass].unused + 1 < sizes[sizeClass].slots.count else {
            return nil
        }
        return freeSlot(sizeClass) ?? slotOfIdle(sizeClass)
    }

    private func endReadAhead(_ expert: CachedExpert) {
        guard expert.isReadAhead else { return }
        expert.isReadAhead = false
        sizes[expert.sizeClass].unused -= 1
    }

    func evict(_ expert: CachedExpert) {
        removeFromIdle(expert)
        counters.evictions += 1
        if expert.isReadAhead { counters.wastedPrefetches += 1 }
        vacate(expert)
    }

    /// Takes an expert out of its slot.
    private func vacate(_ expert: CachedExpert) {
        expert.state = .absent
        endReadAhead(expert)
        expert.readyTiles.store(0, ordering: .relaxed)
        guard let slot = expert.slot else { return }
        expert.slot = nil
        slot.leave()
        if !slot.isWithdrawn { sizes[expert.sizeClass].free.append(slot) }
    }

    private func expect(_ expert: CachedExpert) {
        guard !expert.isExpected else { return }
        let isIdle = expert.idlePosition != nil
        if isIdle { removeFromIdle(expert) }
        expert.isExpected = true
        expected[expert.layer].append(expert.index)
        if isIdle { addToIdle(expert) }
    }

    /// Tokens have come to the layer: what was predicted and not asked for is an expert like others again.
    private func endExpectations(_ layer: Int) {
        for index in expected[layer] {
            let expert = experts[index]
            let isIdle = expert.idlePosition != nil
            if isIdle { removeFromIdle(expert) }
            expert.isExpected = false
            if isIdle { addToIdle(expert) }
        }
        expected[layer].removeAll(keepingCapacity: true)
    }

    private func addToIdle(_ expert: CachedExpert) {
        if expert.isExpected {
            sizes[expert.sizeClass].idleExpected.add(expert)
        } else {
            sizes[expert.sizeClass].idle.add(expert)
        }
    }

    private func removeFromIdle(_ expert: CachedExpert) {
        if expert.isExpected {
            sizes[expert.sizeClass].idleExpected.remove(expert, among: experts)
        } else {
            sizes[expert.sizeClass].idle.remove(expert, among: experts)
        }
    }

    private func makeSlots(_ plan: SlabPlan) {
        var offset = 0
        for (index, sizeClass) in plan.classes.enumerated() {
            var size = Size(
                idle: IdleList(capacity: sizeClass.slots), idleExpected: IdleList(capacity: sizeClass.slots))
            for _ in 0..<sizeClass.slots {
                size.slots.append(Slot(pool[offset..<offset + sizeClass.slotBytes], sizeClass: index, self))
                offset += sizeClass.slotBytes
            }
            size.free = size.slots.reversed()
            size.waiting.reserveCapacity(expertsPerLayer)
            size.ahead.reserveCapacity(expertsPerLayer)
            sizes.append(size)
        }
    }

    private func makeExperts(_ store: Store, _ plan: SlabPlan) {
        experts.reserveCapacity(store.layouts.count * expertsPerLayer)
        for (layer, layout) in store.layouts.enumerated() {
            let sizeClass = plan.classIndex(of: layout)
            for expert in 0..<expertsPerLayer {
                experts.append(
                    CachedExpert(
                        index: experts.count, layer: layer, expert: expert, layout,
                        offset: store.offset(layer: layer, expert: expert), sizeClass: sizeClass, self))
            }
        }
    }
}
