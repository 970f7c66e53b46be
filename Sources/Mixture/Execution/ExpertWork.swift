package import Tensors

/// What is computed for parts of experts' visits, in stages that follow each other; the units of a stage may run in any order
/// and at the same time. A schedule says when and by whom.
package protocol ExpertWork: Sendable {
    var stages: Int { get }

    /// Units that a stage of one of `parts` parts is cut into for so many threads; no number depends on it.
    func units(stage: Int, of part: Schedule.Part, among parts: Int, threads: Int) -> Int

    func run(stage: Int, unit: Int, of units: Int, _ part: Schedule.Part) throws

    /// Told when a part has gone through its last stage.
    func didFinish(_ part: Schedule.Part)

    /// Where the weights lie that its units multiply.
    var placement: Placement { get }
}

extension ExpertWork {
    package var placement: Placement { .anywhere }

    package func didFinish(_ part: Schedule.Part) {}
}

extension Workers {
    /// Does work as a schedule says.
    ///
    /// - Throws: what a unit throws, and `CancellationError` when the work has been cancelled.
    package func run(_ schedule: Schedule, _ work: some ExpertWork) throws {
        let plans = schedule.teams.map { TeamPlan($0, work, nodes: work.placement.nodes) }
        try run(
            plans.map { Team(threads: $0.team.threads, units: $0.units, shares: $0.shares) },
            { team, step, unit in
                let (part, unit, units) = plans[team].find(unit, in: step)
                try work.run(stage: step % work.stages, unit: unit, of: units, part)
            },
            didFinish: { team, step in
                guard plans[team].isLast(step) else { return }
                for part in plans[team].team.phases[step / work.stages] { work.didFinish(part) }
            })
    }
}

/// A team's phases, stage by stage.
private final class TeamPlan: Sendable {
    let team: Schedule.Team
    private let stages: Int
    private let nodes: Int
    /// Where the units of each part end within its step: phase after phase, stage after stage, node after node, part after part.
    private let ends: [Int]
    /// Where the ends of each phase begin.
    private let starts: [Int]
    /// Units of each step, and of each step's nodes where there are several.
    let units: [Int]
    let shares: [Int]

    init(_ team: Schedule.Team, _ work: some ExpertWork, nodes: Int) {
        let stages = work.stages
        var (ends, starts, units, shares) = ([Int](), [Int](), [Int](), [Int]())
        ends.reserveCapacity(team.phases.reduce(0) { $0 + $1.count } * stages * nodes)
        units.reserveCapacity(team.phases.count * stages)
        for parts in team.phases {
            starts.append(ends.count)
            for stage in 0..<stages {
                var sum = 0
                for node in 0..<nodes {
                    let before = sum
                    for part in parts {
                        let count = work.units(stage: stage, of: part, among: parts.count, threads: team.threads)
                        sum += Placement.units(of: count, node: node, among: nodes).count
                        ends.append(sum)
                    }
                    if nodes > 1 { shares.append(sum - before) }
                }
                units.append(sum)
            }
        }
        self.team = team
        self.stages = stages
        self.nodes = nodes
        self.ends = ends
        self.starts = starts
        self.units = units
        self.shares = shares
    }

    /// The part that a unit of a step belongs to, its number among the part's, and how many those are.
    func find(_ unit: Int, in step: Int) -> (part: Schedule.Part, unit: Int, units: Int) {
        let (phase, stage) = step.quotientAndRemainder(dividingBy: stages)
        let parts = team.phases[phase].count
        let first = starts[phase] + stage * parts * nodes
        var (low, high) = (0, parts * nodes - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[first + middle] > unit { high = middle } else { low = middle + 1 }
        }
        let (node, part) = low.quotientAndRemainder(dividingBy: parts)
        var (number, all) = (unit - (low == 0 ? 0 : ends[first + low - 1]), 0)
        for other in 0..<nodes {
            let place = other * parts + part
            let count = ends[first + place] - (place == 0 ? 0 : ends[first + place - 1])
            if other < node { number += count }
            all += count
        }
        return (team.phases[phase][part], number, all)
    }

    /// Whether a step is the last of a phase that has units.
    func isLast(_ step: Int) -> Bool {
        units[(step + 1)..<(step / stages + 1) * stages].allSatisfy { $0 == 0 }
    }
}
