import Mixture
import Testing

/// A router with options, as the suites run all of them through the same properties.
struct RouterCase: Sendable, CustomTestStringConvertible {
    static let experts = 4

    let configuration: RouterConfiguration
    let testDescription: String

    init(
        _ name: RouterName, topK: Int = 2, _ options: String = "",
        _ change: (inout RouterConfiguration) -> Void = { _ in }
    ) {
        var configuration = RouterConfiguration.standard(name, experts: Self.experts, topK: topK)
        change(&configuration)
        self.configuration = configuration
        testDescription = options.isEmpty ? name.rawValue : "\(name.rawValue), \(options)"
    }

    /// Every router as its paper has it.
    static let standard = RouterName.allCases.map { RouterCase($0) }

    static let all =
        standard + variants + capacities
        + BalancedSolver.allCases.map { solver in RouterCase(.base, solver.rawValue) { $0.solver = solver } }
        + SecondExpert.allCases.map { policy in RouterCase(.gshard, policy.rawValue) { $0.secondExpert = policy } }

    /// With a capacity that drops, and each way to choose what.
    static let capacities =
        DropPriority.allCases.map { priority in
            RouterCase(.topK, "capacity by \(priority.rawValue)") {
                $0.capacityFactor = 1
                $0.dropPriority = priority
            }
        } + [
            RouterCase(.switch, "capacity") { $0.capacityFactor = 1 },
            RouterCase(.hash, "capacity") { $0.capacityFactor = 1 },
            RouterCase(.stable, "capacity") { $0.capacityFactor = 1 },
            RouterCase(.gshard, "capacity, survivors renormalized") {
                $0.capacityFactor = 1
                $0.renormalizesSurvivors = true
            },
        ]

    private static let variants = [
        RouterCase(.topK, "softmax, then top-k") { $0.order = .softmaxThenTopK },
        RouterCase(.topK, topK: 1, "softmax, then top-1") { $0.order = .softmaxThenTopK },
        RouterCase(.topK, "loss-free bias") { $0.biasRate = 0.1 },
        RouterCase(.topK, "all regularizers") {
            $0.importance = 0.2
            $0.zLoss = 0.1
            $0.jitter = 0.1
        },
        RouterCase(.topK, "balance by sequence") {
            $0.balance = 0.5
            $0.balancePopulation = .sequence
        },
        RouterCase(.topK, "balance by global batch") {
            $0.balance = 0.5
            $0.balancePopulation = .globalBatch
        },
        RouterCase(.sigmoid, "groups, scale and balance") {
            $0.groups = 2
            $0.allowedGroups = 1
            $0.routedScale = 2.5
            $0.balance = 0.5
        },
        RouterCase(.sigmoid, topK: 1, "not renormalized") { $0.order = .softmaxThenTopK },
        RouterCase(.hash, "balanced") { $0.hash = .balanced },
        RouterCase(.topK, topK: 4, "all experts"),
        RouterCase(.noisyTopK, topK: 4, "all experts"),
        RouterCase(.expertChoice, topK: 4, "all experts"),
    ]
}
