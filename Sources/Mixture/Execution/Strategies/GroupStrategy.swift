/// Each group of threads takes experts of its own, and splits their rows.
struct GroupStrategy: ExecutionStrategy {
    let name: StrategyName
    let threadsPerGroup: Int

    /// Visits that cost as much as reading an expert's weights does.
    private static let visitsWorthReading = 8

    func teams(threads: Int) -> Int { (threads + threadsPerGroup - 1) / threadsPerGroup }

    func schedule(_ visits: [Int], _ limits: ScheduleLimits) -> Schedule? {
        let groups = teams(threads: limits.threads)
        let shares = Self.shares(visits, groups)
        guard
            let regions = ScratchRegions(limits, teams: groups, visits: shares.map { $0.reduce(0) { $0 + visits[$1] } })
        else { return nil }
        return Schedule(
            shares.enumerated().map { group, experts in
                let cutter = VisitCutter(rows: regions[group], chunk: limits.chunk)
                let threads = min(threadsPerGroup, limits.threads - group * threadsPerGroup)
                return Schedule.Team(
                    threads: threads,
                    phases: experts.flatMap { cutter.parts(of: $0, 0..<visits[$0]) }.map { [$0] })
            })
    }

    /// Each group's experts, in their order: the greatest go first, each to the group that has least to do (Graham, 1969).
    private static func shares(_ visits: [Int], _ groups: Int) -> [[Int]] {
        var shares = [[Int]](repeating: [], count: groups)
        var loads = [Int](repeating: 0, count: groups)
        for expert in visits.indices.sorted(by: { (visits[$1], $0) < (visits[$0], $1) }) {
            let group = loads.indices.min { loads[$0] < loads[$1] }!
            shares[group].append(expert)
            loads[group] += visits[expert] + visitsWorthReading
        }
        return shares.map { $0.sorted() }
    }
}
