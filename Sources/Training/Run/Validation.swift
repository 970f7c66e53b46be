import Mixture

/// Loss and routes over texts that are not learned.
package struct Validation: Sendable {
    private var sums: [(loss: Double, tokens: Int)]
    private let domains: [String]
    /// Visits of each expert of each layer.
    package private(set) var loads: [[Int]]

    init(domains: [String], experts: Int, layers: Int) {
        self.domains = domains
        sums = domains.map { _ in (0, 0) }
        loads = Array(repeating: Array(repeating: 0, count: experts), count: layers)
    }

    mutating func add(_ losses: [Double], _ routes: [Assignment], _ batch: Batch) {
        for (sequence, loss) in losses.enumerated() {
            let targets = batch.targets[sequence * batch.context..<(sequence + 1) * batch.context]
            sums[batch.domains[sequence]].loss += loss
            sums[batch.domains[sequence]].tokens += targets.count { $0 >= 0 }
        }
        for (layer, route) in routes.enumerated() {
            for (expert, visits) in route.visitsByExpert.enumerated() { loads[layer][expert] += visits }
        }
    }

    package var tokens: Int { sums.reduce(0) { $0 + $1.tokens } }

    /// In nats per token, each domain counting by its tokens.
    package var loss: Double { sums.reduce(0) { $0 + $1.loss } / Double(max(tokens, 1)) }

    /// In nats per token, of the domains that had any.
    package var lossByDomain: [String: Double] {
        Dictionary(
            uniqueKeysWithValues: zip(domains, sums).filter { $1.tokens > 0 }.map { ($0, $1.loss / Double($1.tokens)) })
    }
}
