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
    package private(set) var counts = CacheReport.Counted.all
    /// All steps, and those of the second half of the tokens that count.
    private(set) var blocks = PassBlocks([], steps: 0..<0)
    private(set) var laterBlocks = PassBlocks([], steps: 0..<0)

    /// The requests of a table; nil where there are none, or more than 2²⁰ experts.
    ///
    /// - Parameter limit: passes after as many requests are left out, the first one never.
    package init?(_ table: RoutingTable, limit: Int = .max) {
        let (pool, isTooLarge) = table.layers.count.multipliedReportingOverflow(by: table.experts)
        guard !isTooLarge, pool <= RoutingTable.greatestPool else { return nil }
        self.pool = pool
        var asked = AskedExperts(count: table.experts)
        var passes: [(pass: RoutingTable.Pass, steps: Range<Int>)] = []
        var isFull = false
        for pass in table.passes {
            let (requests, steps) = (experts.count, isCounted.count)
            append(pass, of: table, isSorted: !isFull, &asked)
            total += experts.count - requests
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
        if isCounted.contains(true) {
            counts = .decode
            passes.removeAll { $0.pass.phase != .decode }
        } else {
            isCounted = isCounted.map { _ in true }
        }
        setBlocks(passes)
    }

    /// Requests that count.
    package var counted: Int { countedByBlock.reduce(0, +) }

    var countedByBlock: [Int] {
        (0..<blocks.count).map { block in
            blocks[block].reduce(0) { $0 + (isCounted[$1] ? requests(of: $1).count : 0) }
        }
    }

    func requests(of step: Int) -> Range<Int> { Int(starts[step])..<Int(starts[step + 1]) }

    private mutating func append(
        _ pass: RoutingTable.Pass, of table: RoutingTable, isSorted: Bool, _ asked: inout AskedExperts
    ) {
        for (layer, routes) in table.routes.enumerated() {
            let visits = Int(routes.starts[pass.tokens.lowerBound])..<Int(routes.starts[pass.tokens.upperBound])
            let first = experts.count
            asked.collect(routes.experts, visits, from: layer * table.experts, to: &experts)
            guard experts.count > first else { continue }
            if isSorted { experts[first...].sort() }
            starts.append(UInt32(experts.count))
            isCounted.append(pass.phase == .decode)
        }
    }

    private mutating func setBlocks(_ passes: [(pass: RoutingTable.Pass, steps: Range<Int>)]) {
        let middle = middle(of: passes)
        let steps = isCounted.count
        let firstLater = middle < passes.count ? passes[middle].steps.lowerBound : steps
        func blocks(_ passes: some Collection<(pass: RoutingTable.Pass, steps: Range<Int>)>, from first: Int)
            -> PassBlocks
        {
            let asking = passes.lazy.filter { !$0.steps.isEmpty }.map {
                (tokens: $0.pass.tokens.count, firstStep: $0.steps.lowerBound)
            }
            return PassBlocks(asking, steps: first..<steps)
        }
        self.blocks = blocks(passes, from: 0)
        laterBlocks = blocks(passes[middle...], from: firstLater)
    }

    /// The pass that is half of the tokens away from the first, or the last one. A single pass has no second half.
    private func middle(of passes: [(pass: RoutingTable.Pass, steps: Range<Int>)]) -> Int {
        guard passes.count > 1 else { return passes.count }
        var left = passes.reduce(0) { $0 + $1.pass.tokens.count } / 2
        var next = 0
        repeat {
            left -= passes[next].pass.tokens.count
            next += 1
        } while left > 0 && next < passes.count - 1
        return next
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
