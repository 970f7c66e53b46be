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
}

extension ExpertWork {
    package func didFinish(_ part: Schedule.Part) {}
}

extension Workers {
    /// Does work as a schedule says.
    ///
    /// - Throws: what a unit throws, and `CancellationError` when the work has been cancelled.
    package func run(_ schedule: Schedule, _ work: some ExpertWork) throws {
        let plans = schedule.teams.map { TeamPlan($0, work) }
        try run(
            plans.map { Team(threads: $0.team.threads, units: $0.units) },
            { team, step, unit in
                let plan = plans[team]
                let (place, unit, units) = plan.find(unit, in: step)
                let phase = plan.team.phases[step / work.stages]
                try work.run(stage: step % work.stages, unit: unit, of: units, phase[place])
            },
            didFinish: { team, step in
                guard plans[team].isLast(step, of: work.stages) else { return }
                for part in plans[team].team.phases[step / work.stages] { work.didFinish(part) }
            })
    }
}

/// A team's phases, stage by stage.
private struct TeamPlan: Sendable {
    let team: Schedule.Team
    /// For each step, of each part: where its units end.
    private let ends: [[Int]]

    init(_ team: Schedule.Team, _ work: some ExpertWork) {
        self.team = team
        ends = team.phases.flatMap { parts in
            (0..<work.stages).map { stage in
                var sum = 0
                return parts.map { part in
                    sum += work.units(stage: stage, of: part, among: parts.count, threads: team.threads)
                    return sum
                }
            }
        }
    }

    var units: [Int] { ends.map { $0.last ?? 0 } }

    /// The part that a unit of a step belongs to, its number among the part's, and how many those are.
    func find(_ unit: Int, in step: Int) -> (part: Int, unit: Int, units: Int) {
        let ends = ends[step]
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > unit { high = middle } else { low = middle + 1 }
        }
        let start = low == 0 ? 0 : ends[low - 1]
        return (low, unit - start, ends[low] - start)
    }

    /// Whether a step is the last of a phase that has units.
    func isLast(_ step: Int, of stages: Int) -> Bool {
        let next = (step / stages + 1) * stages
        return ends[step + 1..<next].allSatisfy { ($0.last ?? 0) == 0 }
    }
}
