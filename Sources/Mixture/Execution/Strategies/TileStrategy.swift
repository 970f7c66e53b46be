/// All threads take tiles of all experts from one queue, as many experts at a time as scratch memory has rows for.
struct TileStrategy: ExecutionStrategy {
    let name = StrategyName.tiles

    func teams(threads: Int) -> Int { 1 }

    func schedule(_ visits: [Int], _ limits: ScheduleLimits) -> Schedule? {
        let cutter = VisitCutter(rows: 0..<limits.rows, chunk: limits.chunk)
        var phases: [[Schedule.Part]] = []
        var used = 0
        for expert in visits.indices {
            for var part in cutter.parts(of: expert, 0..<visits[expert]) {
                let count = part.visits.count
                if phases.isEmpty || used + count > limits.rows {
                    phases.append([])
                    used = 0
                }
                part.rows = used..<used + count
                used += count
                phases[phases.count - 1].append(part)
            }
        }
        return Schedule([Schedule.Team(threads: limits.threads, phases: phases)])
    }
}
