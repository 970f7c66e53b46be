/// All threads split the rows of one expert after the other.
struct RowStrategy: ExecutionStrategy {
    let name = StrategyName.rows

    func teams(threads: Int) -> Int { 1 }

    func schedule(_ visits: [Int], _ limits: ScheduleLimits) -> Schedule? {
        let cutter = VisitCutter(rows: 0..<limits.rows, chunk: limits.chunk)
        let phases = visits.indices.flatMap { expert in cutter.parts(of: expert, 0..<visits[expert]) }
        return Schedule([Schedule.Team(threads: limits.threads, phases: phases.map { [$0] })])
    }
}
