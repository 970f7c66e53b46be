/// Experts that may be evicted, in no order: added and removed in constant time.
struct IdleList {
    private(set) var experts: [ExpertIndex] = []

    init(capacity: Int) { experts.reserveCapacity(capacity) }

    mutating func add(_ expert: CachedExpert) {
        expert.idlePosition = experts.count
        experts.append(expert.index)
    }

    mutating func remove(_ expert: CachedExpert, among all: [CachedExpert]) {
        guard let position = expert.idlePosition, let last = experts.popLast() else { return }
        expert.idlePosition = nil
        guard last != expert.index else { return }
        experts[position] = last
        all[last].idlePosition = position
    }
}
