/// Plays through who takes which unit when, as ``Tensors/Workers`` would: within a team a thread takes the next unit as soon as
/// it is free and the step before is done.
struct ThreadClock {
    struct Unit {
        var stage: ExpertCut.Stage
        var visits: Int
        /// Rows of weights, or of activations.
        var rows: Int
        var isFromAllNodes = false
        /// Teams that read the same weights at about the same time.
        var readers = 1
    }

    struct Team {
        var threads: Int
        var steps: [[Unit]]
    }

    private let teams: [Team]
    private let stepSeconds: Double
    private var threads: [Thread]
    private var progress: [Progress]

    private struct Thread {
        let team: Int
        var time = 0.0
        var isDone = false
    }

    private struct Progress {
        var step = 0
        var unit = 0
        /// When the present step may begin, and when the last of its units so far ends.
        var start = 0.0
        var end = 0.0
    }

    init(teams: [Team], step: Double) {
        self.teams = teams
        stepSeconds = step
        threads = teams.indices.flatMap { team in (0..<teams[team].threads).map { _ in Thread(team: team) } }
        progress = teams.map { _ in Progress() }
    }

    /// - Parameter cost: of a unit while so many threads are at work.
    /// - Returns: when the last unit is done.
    mutating func run(_ cost: (Unit, _ active: Int) -> Double) -> Double {
        var (active, end) = (threads.count, 0.0)
        while let index = earliest {
            let team = threads[index].team
            guard let unit = next(of: team) else {
                threads[index].isDone = true
                active -= 1
                continue
            }
            let start = max(threads[index].time, progress[team].start)
            threads[index].time = start + cost(unit, active)
            progress[team].end = max(progress[team].end, threads[index].time)
            end = max(end, threads[index].time)
        }
        return end
    }

    private var earliest: Int? {
        threads.indices.filter { !threads[$0].isDone }.min { threads[$0].time < threads[$1].time }
    }

    private mutating func next(of team: Int) -> Unit? {
        let steps = teams[team].steps
        while progress[team].step < steps.count {
            let step = steps[progress[team].step]
            if progress[team].unit < step.count {
                defer { progress[team].unit += 1 }
                return step[progress[team].unit]
            }
            if !step.isEmpty { progress[team].start = progress[team].end + stepSeconds }
            progress[team].step += 1
            progress[team].unit = 0
        }
        return nil
    }
}
