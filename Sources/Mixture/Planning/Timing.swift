/// How long things take that may be done any number of times.
enum Timing {
    struct Task {
        /// Turns that are made at once, at least.
        let first: Int
        /// Does so many turns.
        let body: (_ turns: Int) -> Void

        init(first: Int, _ body: @escaping (_ turns: Int) -> Void) {
            self.first = first
            self.body = body
        }

        init(_ body: @escaping () -> Void) {
            self.init(first: 1) { turns in for _ in 0..<turns { body() } }
        }
    }

    /// Least time for a measurement, and how often each is made.
    private static let leastSeconds = 300e-6
    private static let rounds = 6
    /// Which of them counts, the fastest first: others on the machine only ever add time.
    private static let counted = 1

    /// Measures tasks in turns, so that what disturbs the machine for a while disturbs few measurements of each.
    ///
    /// - Returns: of each task, seconds for a turn, and how many were made at once.
    static func seconds(_ tasks: [Task]) -> [(seconds: Double, turns: Int)] {
        let turns = tasks.map(turnsWorthMeasuring)
        var times = tasks.map { _ in [Double]() }
        for _ in 0..<rounds {
            for (index, task) in tasks.enumerated() { times[index].append(once(task, turns[index])) }
        }
        return zip(times, turns).map { times, turns in (times.sorted()[counted] / Double(turns), turns) }
    }

    /// As many turns as take long enough to be measured.
    private static func turnsWorthMeasuring(_ task: Task) -> Int {
        var turns = task.first
        task.body(turns)
        while once(task, turns) < leastSeconds, turns < 1 << 20 { turns *= 2 }
        return turns
    }

    private static func once(_ task: Task, _ turns: Int) -> Double {
        let start = ContinuousClock.now
        task.body(turns)
        return (ContinuousClock.now - start) / .seconds(1)
    }
}
