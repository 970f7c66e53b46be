/// What passes ask a cache of experts for: pass by pass, layer by layer, every expert once and in ascending order.
///
/// The experts of all layers are numbered through: layer × experts + expert. A step is one pass in one layer.
package struct ExpertRequests: Sendable {
    /// Layers × experts.
    package let pool: Int
    /// All of the table. Only the first of them, in whole passes, are in the sequence.
    package private(set) var total = 0
    package private(set) var experts: [UInt32] = []
    /// Where each step begins, and where the last one ends.
    package private(set) var starts: [UInt32] = [0]
    /// For each step, whether its hits count.
    package private(set) var isCounted: [Bool] = []
    package let counts: CacheReport.Counted
    /// Where the second half of the tokens that count begins, in requests.
    package private(set) var middle = 0

    /// More experts than this are not told apart.
    static let greatestPool = 1 << 24

    /// The requests of a table; nil where there are none, or more than 2²⁴ experts.
    ///
    /// - Parameter limit: passes after as many requests are left out, the first one never.
    package init?(_ table: RoutingTable, limit: Int = .max) {
        let (pool, isTooLarge) = table.layers.count.multipliedReportingOverflow(by: table.experts)
        guard !isTooLarge, pool <= Self.greatestPool else { return nil }
        self.pool = pool
        var asked = AskedExperts(count: table.experts)
        var passes: [(pass: RoutingTable.Pass, steps: Range<Int>)] = []
        var isFull = false
        for pass in table.passes {
            let (requests, steps) = (experts.count, isCounted.count)
            for (layer, routes) in table.routes.enumerated() {
                let visits = Int(routes.starts[pass.tokens.lowerBound])..<Int(routes.starts[pass.tokens.upperBound])
                let first = experts.count
                asked.collect(routes.experts, visits, from: layer * table.experts, to: &experts)
                guard experts.count > first else { continue }
                total += experts.count - first
                if !isFull { experts[first...].sort() }
                starts.append(UInt32(experts.count))
                isCounted.append(pass.phase == .decode)
            }
            isFull = isFull || experts.count > limit && requests > 0
            if isFull {
                experts.removeSubrange(requests...)
                isCounted.removeSubrange(steps...)
                starts.removeSubrange((steps + 1)...)
            } else {
                passes.append((pass, steps..<isCounted.count))
            }
        }
        guard !experts.isEmpty else { return nil }
        counts = isCounted.contains(true) ? .decode : .all
        if counts == .all { isCounted = isCounted.map { _ in true } }
        middle = middle(of: passes.filter { counts == .all || $0.pass.phase == .decode })
    }

    /// Requests that count.
    package var counted: Int { isCounted.indices.reduce(0) { $0 + (isCounted[$1] ? requests(of: $1).count : 0) } }

    func requests(of step: Int) -> Range<Int> { Int(starts[step])..<Int(starts[step + 1]) }

    private func middle(of passes: [(pass: RoutingTable.Pass, steps: Range<Int>)]) -> Int {
        var left = passes.reduce(0) { $0 + $1.pass.tokens.count } / 2
        for (pass, steps) in passes {
            if left <= 0 { return Int(starts[steps.lowerBound]) }
            left -= pass.tokens.count
        }
        return experts.count
    }
}

/// Finds the different ones among the experts of a step.
private struct AskedExperts {
    private var lastStep: [UInt32]
    private var step: UInt32 = 0

    init(count: Int) { lastStep = [UInt32](repeating: 0, count: count) }

    /// Appends the experts of the visits, each once.
    mutating func collect(_ experts: [UInt16], _ visits: Range<Int>, from first: Int, to requests: inout [UInt32]) {
        step += 1
        for visit in visits where lastStep[Int(experts[visit])] != step {
            lastStep[Int(experts[visit])] = step
            requests.append(UInt32(first + Int(experts[visit])))
        }
    }
}
