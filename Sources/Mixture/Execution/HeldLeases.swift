import Synchronization

/// Leases that are given back as soon as nothing more is computed with them.
final class HeldLeases: Sendable {
    private let leases: [any ExpertLease]
    /// Parts of each that are not done yet; nil once it is given back.
    private let left: Mutex<[Int?]>

    init(_ leases: ArraySlice<any ExpertLease>, for schedule: Schedule) {
        self.leases = Array(leases)
        var left: [Int?] = leases.map { _ in 0 }
        for team in schedule.teams {
            for phase in team.phases { for part in phase { left[part.expert] = left[part.expert]! + 1 } }
        }
        self.left = Mutex(left)
    }

    func finish(_ part: Schedule.Part) {
        let isLast = left.withLock { left in
            guard let count = left[part.expert] else { return false }
            left[part.expert] = count > 1 ? count - 1 : nil
            return count == 1
        }
        if isLast { leases[part.expert].release() }
    }

    /// Gives back what has not been, when nobody computes any more.
    func releaseAll() {
        let rest = left.withLock { left in
            defer { for index in left.indices { left[index] = nil } }
            return left.indices.filter { left[$0] != nil }
        }
        for index in rest { leases[index].release() }
    }
}
