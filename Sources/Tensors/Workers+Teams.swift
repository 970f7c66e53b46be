import CKernels
import Glibc
import Synchronization

extension Workers {
    /// Threads that go through steps together: the units of a step run at the same time, and begin when all of the step
    /// before are done.
    package struct Team: Sendable {
        /// How many threads join it, at most.
        package var threads: Int
        /// The units of each step; a step may have none.
        package var units: [Int]
        /// Of each step, how many units work on what lies in each node's memory: those of the first node come first. Empty
        /// where that does not matter.
        package var shares: [Int]

        package init(threads: Int, units: [Int], shares: [Int] = []) {
            self.threads = threads
            self.units = units
            self.shares = shares
        }
    }

    /// Takes every team through its steps, side by side, and waits for all of them.
    ///
    /// Within a team a thread takes the next unit that nobody has taken, of its own node if there is one left, so that a team
    /// gets on with whatever threads come.
    /// When a unit throws, or the work is cancelled, units not yet begun are skipped and the first error is thrown here.
    ///
    /// - Parameters:
    ///   - run: runs one unit.
    ///   - didFinish: told once of every step that has units, by the thread that did the last of them.
    package func run(
        _ teams: [Team], _ run: @Sendable (_ team: Int, _ step: Int, _ unit: Int) throws -> Void,
        didFinish: @Sendable (_ team: Int, _ step: Int) -> Void
    ) throws {
        if let only = teams.first, teams.count == 1, only.threads == 1 || count == 1 {
            return try self.run(alone: only.units, { try run(0, $0, $1) }, didFinish: { didFinish(0, $0) })
        }
        let progress = teams.map { TeamProgress($0, nodes, bell) }
        try forEach(teams.reduce(0) { $0 + $1.threads }) { member in
            let team = Self.team(of: member, in: teams)
            do {
                try progress[team].work(while: interest, { try run(team, $0, $1) }, didFinish: { didFinish(team, $0) })
            } catch {
                for progress in progress { progress.stop() }
                throw error
            }
        }
    }

    /// A team of one, which is this thread: nobody is woken for it.
    private func run(alone units: [Int], _ run: (Int, Int) throws -> Void, didFinish: (Int) -> Void) throws {
        for (step, count) in units.enumerated() where count > 0 {
            for unit in 0..<count {
                guard interest.lasts() else { throw CancellationError() }
                try run(step, unit)
            }
            didFinish(step)
        }
    }

    /// Members are dealt out in turns, so that every team has one before any has two.
    private static func team(of member: Int, in teams: [Team]) -> Int {
        var (rest, round) = (member, 0)
        while true {
            for (index, team) in teams.enumerated() where team.threads > round {
                if rest == 0 { return index }
                rest -= 1
            }
            round += 1
        }
    }
}

/// How far a team has come.
private final class TeamProgress: Sendable {
    /// Units up to the end of each step.
    private let ends: [Int]
    private let queues: NodeQueues?
    private let next = Atomic(0)
    private let done = Atomic(0)
    private let isStopped = Atomic(false)
    private let sleepers = Atomic(0)
    private let bell: Bell

    /// Rounds of spinning before a thread lets others have its processor, some microseconds, and then before it sleeps, some
    /// hundred: waking it would take longer than most steps' ends are apart.
    private static let patience = (spins: 400, turns: 300)

    init(_ team: Workers.Team, _ nodes: MemoryNodes, _ bell: Bell) {
        self.bell = bell
        var sum = 0
        ends = team.units.map { units in
            sum += units
            return sum
        }
        queues = team.shares.isEmpty ? nil : NodeQueues(team.shares, nodes)
    }

    func work(
        while interest: Interest, _ run: (_ step: Int, _ unit: Int) throws -> Void, didFinish: (Int) -> Void
    ) throws {
        if let queues { return try work(queues, while: interest, run, didFinish) }
        var step = 0
        while !isStopped.load(ordering: .relaxed) {
            guard interest.lastsForAll() else { return stop() }
            let unit = next.add(1, ordering: .relaxed).oldValue
            guard unit < ends.last ?? 0 else { return }
            while unit >= ends[step] { step += 1 }
            let start = step == 0 ? 0 : ends[step - 1]
            guard waitUntilDone(start, interest) else { return }
            try run(step, unit - start)
            finishUnit(of: step, didFinish)
        }
    }

    /// The same where every node has a queue of its own.
    private func work(
        _ queues: NodeQueues, while interest: Interest, _ run: (_ step: Int, _ unit: Int) throws -> Void,
        _ didFinish: (Int) -> Void
    ) throws {
        for step in ends.indices {
            guard waitUntilDone(step == 0 ? 0 : ends[step - 1], interest) else { return }
            while let unit = queues.next(in: step) {
                guard interest.lastsForAll() else { return stop() }
                guard !isStopped.load(ordering: .relaxed) else { return }
                try run(step, unit)
                finishUnit(of: step, didFinish)
            }
        }
    }

    private func finishUnit(of step: Int, _ didFinish: (Int) -> Void) {
        guard done.add(1, ordering: .sequentiallyConsistent).newValue == ends[step] else { return }
        didFinish(step)
        wakeSleepers()
    }

    /// Nobody begins another unit, nor waits any longer.
    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        wakeSleepers()
    }

    /// Waits until so many units are done: who has taken them is at work on them.
    ///
    /// - Returns: false when nothing more is to be done.
    private func waitUntilDone(_ count: Int, _ interest: Interest) -> Bool {
        for round in 0..<Self.patience.spins + Self.patience.turns {
            if done.load(ordering: .acquiring) >= count { return true }
            if isStopped.load(ordering: .relaxed) { return false }
            if round >= Self.patience.spins { sched_yield() }
            ck_pause()
        }
        sleepers.add(1, ordering: .sequentiallyConsistent)
        defer { sleepers.subtract(1, ordering: .relaxed) }
        bell.wait(asking: interest.canBeLost ? interest : nil) {
            done.load(ordering: .sequentiallyConsistent) >= count
                || isStopped.load(ordering: .sequentiallyConsistent) || interest.isLost
        }
        if interest.isLost { stop() }
        return !isStopped.load(ordering: .relaxed)
    }

    private func wakeSleepers() {
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { bell.ring() }
    }
}

/// The units of each step, in one queue for each node's memory.
private final class NodeQueues: @unchecked Sendable {  // Only `taken` changes, which is atomic.
    private let nodes: MemoryNodes
    /// Where the units of each step's nodes end, within the step.
    private let ends: [Int]
    private let taken: UnsafeMutableBufferPointer<Atomic<Int>>

    init(_ shares: [Int], _ nodes: MemoryNodes) {
        self.nodes = nodes
        var (ends, sum) = ([Int](), 0)
        for (index, share) in shares.enumerated() {
            sum = index % nodes.count == 0 ? share : sum + share
            ends.append(sum)
        }
        self.ends = ends
        taken = .allocate(capacity: shares.count)
        for index in taken.indices { taken.initializeElement(at: index, to: Atomic(0)) }
    }

    deinit {
        taken.deinitialize()
        taken.deallocate()
    }

    /// A unit that nobody has taken: of the node that this thread is near to, or else of another; nil when there is none.
    func next(in step: Int) -> Int? {
        let own = nodes.current
        for distance in 0..<nodes.count {
            let node = (own + distance) % nodes.count
            let queue = step * nodes.count + node
            let start = node == 0 ? 0 : ends[queue - 1]
            guard taken[queue].load(ordering: .relaxed) < ends[queue] - start else { continue }
            let unit = start + taken[queue].add(1, ordering: .relaxed).oldValue
            if unit < ends[queue] { return unit }
        }
        return nil
    }
}
