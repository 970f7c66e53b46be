/// Each thread takes an equal share of every expert's tokens, and all of the expert's rows.
struct TokenStrategy: ExecutionStrategy {
    let name = StrategyName.tokens

    func teams(threads: Int) -> Int { threads }

    func schedule(_ visits: [Int], _ limits: ScheduleLimits) -> Schedule? {
        let shares = (0..<limits.threads).map { thread in
            visits.map { Self.share(thread, of: limits.threads, $0, chunk: limits.chunk ?? 1) }
        }
        guard
            let regions = ScratchRegions(
                limits, teams: limits.threads, visits: shares.map { $0.reduce(0) { $0 + $1.count } })
        else { return nil }
        return Schedule(
            shares.enumerated().map { thread, shares in
                let cutter = VisitCutter(rows: regions[thread], chunk: limits.chunk)
                let parts = shares.indices.flatMap { cutter.parts(of: $0, shares[$0]) }
                return Schedule.Team(threads: 1, phases: parts.map { [$0] })
            })
    }

    private static func share(_ thread: Int, of threads: Int, _ visits: Int, chunk: Int) -> Range<Int> {
        let chunks = (visits + chunk - 1) / chunk
        // The remainder goes to the first threads.
        let (each, rest) = chunks.quotientAndRemainder(dividingBy: threads)
        let first = thread * each + min(thread, rest)
        let end = first + each + (thread < rest ? 1 : 0)
        return min(first * chunk, visits)..<min(end * chunk, visits)
    }
}
