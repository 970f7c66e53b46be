import Glibc

/// Slots for a while, beside those that there are always: they come when a budget turns out to leave room for them, and go
/// before something else may need it.
extension ExpertTable {
    struct Addition {
        let memory: Mapping
        let slots: [Slot]
    }

    var slots: Int { monitor.withLock { sizes.reduce(0) { $0 + $1.slots.count } } }

    var untouchedBytes: Int {
        monitor.withLock {
            sizes.reduce(0) { $0 + $1.slots.reduce(0) { $0 + ($1.isTouched ? 0 : $1.bytes) } }
        }
    }

    /// Lends the memory of the slots before anything is read into them, and empties it after that.
    func lendPool<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result? {
        let isUnused = monitor.withLock { sizes.allSatisfy { $0.free.count == $0.slots.count } }
        guard isUnused else { return nil }
        let memory = pool[0..<plan.bytes]
        defer { madvise(memory.baseAddress, memory.count, MADV_DONTNEED) }
        return body(memory)
    }

    func grow(to larger: SlabPlan) {
        withdraw()
        let bytes = larger.bytes - plan.bytes
        guard bytes > 0, let memory = try? Mapping(bytes) else { return }
        monitor.withLock {
            guard addition == nil else { return }
            var (added, offset): ([Slot], Int) = ([], 0)
            for (index, (now, then)) in zip(plan.classes, larger.classes).enumerated() where then.slots > now.slots {
                let slots = (now.slots..<then.slots).map { _ in
                    defer { offset += then.slotBytes }
                    return Slot(memory[offset..<offset + then.slotBytes], sizeClass: index, self)
                }
                sizes[index].slots += slots
                sizes[index].free.insert(contentsOf: slots, at: 0)
                added += slots
                giveSlots(sizeClass: index)
            }
            addition = Addition(memory: memory, slots: added)
        }
        reader.wake()
    }

    func withdraw() {
        monitor.withLock {
            guard let addition else { return }
            for slot in addition.slots { slot.isWithdrawn = true }
            for index in sizes.indices {
                sizes[index].slots.removeAll(where: \.isWithdrawn)
                sizes[index].free.removeAll(where: \.isWithdrawn)
            }
            for slot in addition.slots {
                guard let expert = slot.expert else { continue }
                if expert.idlePosition != nil { evict(expert) }
                if case .landing(.ahead) = expert.state { reader.cancel(slot.transfer) }
            }
            if addition.slots.allSatisfy({ $0.expert == nil }) { self.addition = nil }
        }
        reader.wake()
    }
}
