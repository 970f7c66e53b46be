package import Profiling

/// How often each expert is visited in stretches of a recorded run.
package struct ExpertLoads: Sendable {
    package let model: String
    package let layers: Int
    package let experts: Int
    /// Tokens of a stretch.
    package let tokens: Int
    /// Of every stretch, layer and expert the visits.
    package let visits: [[[Int]]]

    /// Stretches that a recorded run is cut into at least, where it has so many tokens.
    private static let leastStretches = 8

    /// Cuts a table into stretches of consecutive tokens, whatever pass they belong to; what is left at the end does not count.
    ///
    /// - Parameter tokens: of a stretch, at most.
    /// - Throws: ``WorkloadError`` for a table without visits.
    package init(_ table: RoutingTable, tokens: Int) throws {
        precondition(tokens >= 1, "stretches of \(tokens) tokens")
        let length = min(tokens, max(1, table.tokenCount / Self.leastStretches))
        let stretches = stride(from: 0, through: table.tokenCount - length, by: length).map { $0..<$0 + length }
        visits = stretches.map { stretch in
            table.routes.map { routes in
                var visits = [Int](repeating: 0, count: table.experts)
                let range = Int(routes.starts[stretch.lowerBound])..<Int(routes.starts[stretch.upperBound])
                for expert in routes.experts[range] { visits[Int(expert)] += 1 }
                return visits
            }
        }
        guard visits.contains(where: { $0.contains { $0.contains { $0 > 0 } } }) else {
            throw WorkloadError(
                "The trace of \(table.model) holds no token that visits an expert, so there is no load to plan for; record "
                    + "another with run --trace.")
        }
        model = table.model
        layers = table.routes.count
        experts = table.experts
        self.tokens = length
    }
}
