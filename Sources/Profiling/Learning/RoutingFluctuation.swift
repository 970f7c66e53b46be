/// How often the same tokens change their expert while a router learns (Dai et al., 2022, arXiv 2204.08396, figure 2).
///
/// Snapshots give the expert that each probe token likes best, always of the same tokens in the same order; -1 stands
/// for none.
public struct RoutingFluctuation: Codable, Sendable, Equatable {
    public private(set) var steps: [Int] = []
    /// For each snapshot but the first: the share of tokens whose expert differs from the snapshot before.
    public private(set) var changedShares: [Double] = []
    /// The experts of the newest snapshot.
    public private(set) var latest: [Int] = []
    /// For each token the step of the snapshot that first had its present expert for good; the first step if it never
    /// changed.
    public private(set) var lastChanges: [Int] = []

    public init() {}

    /// Adds a snapshot of a later step.
    public mutating func append(_ experts: [Int], step: Int) {
        precondition(steps.last.map { $0 < step } ?? true, "step \(step) after \(steps.last ?? step)")
        if steps.isEmpty {
            lastChanges = experts.map { _ in step }
        } else {
            precondition(experts.count == latest.count, "\(experts.count) tokens, before \(latest.count)")
            var changed = 0
            for (token, expert) in experts.enumerated() where expert != latest[token] {
                lastChanges[token] = step
                changed += 1
            }
            changedShares.append(experts.isEmpty ? 0 : Double(changed) / Double(experts.count))
        }
        latest = experts
        steps.append(step)
    }

    /// The share of tokens that change their expert after a step.
    public func share(changingAfter step: Int) -> Double {
        lastChanges.isEmpty ? 0 : Double(lastChanges.count { $0 > step }) / Double(lastChanges.count)
    }

    /// For each snapshot, the share of tokens that have found the expert they have now: it rises to 1.
    public var settledShares: [Double] { steps.map { 1 - share(changingAfter: $0) } }

    enum CodingKeys: String, CodingKey {
        case steps, latest
        case changedShares = "changed_shares"
        case lastChanges = "last_changes"
    }
}
