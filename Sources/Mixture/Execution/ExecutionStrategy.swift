/// One way to spread a mixture layer over threads.
///
/// Strategies differ in the order of work alone: every number is computed from the same numbers in the same order, so all give
/// the same bits, and switching from one to another moves no weights. What a strategy costs is told from its schedule
/// (``CostModel``).
package protocol ExecutionStrategy: Sendable {
    var name: StrategyName { get }

    /// Teams that work side by side, each in rows of scratch memory of its own.
    func teams(threads: Int) -> Int

    /// Spreads visits over threads.
    ///
    /// - Parameter visits: how many each expert has, at least one, in the order in which they are best computed.
    /// - Returns: each expert's visits cut into parts, every visit once; nil where the rows do not allow it.
    func schedule(_ visits: [Int], _ limits: ScheduleLimits) -> Schedule?
}

extension ExecutionStrategy {
    /// Rows of scratch memory that it makes good use of.
    ///
    /// - Parameter needsChunks: whether an expert's visits must be multiplied ``Execution/batchRows`` at a time.
    package func scratchRows(threads: Int, needsChunks: Bool) -> Int {
        let teams = teams(threads: threads)
        return max(Execution.batchRows, teams * (needsChunks ? Execution.batchRows : Self.leastRowsPerTeam))
    }

    /// Below this the products of a team do too little with each weight they read.
    private static var leastRowsPerTeam: Int { 64 }
}
