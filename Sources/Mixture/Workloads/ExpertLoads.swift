package import Profiling

/// How often each expert is visited in stretches of a recorded run.
package struct ExpertLoads: Sendable {
    private let table: RoutingTable
    /// Tokens of a stretch.
    package let tokens: Int
    package let stretches: Int

    package var model: String { table.model }
    package var layers: Int { table.routes.count }
    package var experts: Int { table.experts }

    /// Stretches that a recorded run is cut into at least, where it has so many tokens, and at most.
    private static let counts = 8...4096

    /// Cuts a table into stretches of consecutive tokens, whatever pass they belong to; what is left at the end does not count.
    ///
    /// - Parameter tokens: of a stretch, unless there would be too few of them or too many.
    /// - Throws: ``WorkloadError`` for a table without visits.
    package init(_ table: RoutingTable, tokens: Int) throws {
        precondition(tokens >= 1, "stretches of \(tokens) tokens")
        guard table.routes.contains(where: { !$0.experts.isEmpty }) else { throw WorkloadError(withoutLoads: table) }
        let all = table.tokenCount
        let most = max(1, all / Self.counts.lowerBound)
        let least = (all + Self.counts.upperBound - 1) / Self.counts.upperBound
        self.tokens = max(min(tokens, most), least)
        stretches = all / self.tokens
        self.table = table
    }

    /// Of a stretch the visits of every expert, layer by layer.
    package func visits(_ stretch: Int) -> [[Int]] {
        let range = stretch * tokens..<(stretch + 1) * tokens
        return table.routes.map { routes in
            var visits = [Int](repeating: 0, count: experts)
            for expert in routes.experts[Int(routes.starts[range.lowerBound])..<Int(routes.starts[range.upperBound])] {
                visits[Int(expert)] += 1
            }
            return visits
        }
    }
}
