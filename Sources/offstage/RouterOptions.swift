import ArgumentParser
import Mixture

/// The router of a recipe as flags.
struct RouterOptions: ParsableArguments {
    @Option(help: "(default: top-k)") var router: RouterName?
    @Option(parsing: .unconditional, help: "(default: 8)") var experts: Int?
    @Option(
        parsing: .unconditional,
        help:
            "Experts a token visits; of expert-choice on average. switch, base, stable, hash: 1, gshard: 2. (default: 2)"
    )
    var topK: Int?
    @Option(help: "renormalized or softmax-then-top-k.") var order: RouterConfiguration.Order?
    @Option(
        parsing: .unconditional,
        help: "Visits an expert takes, as a multiple of its even share. (default: all that come)")
    var capacityFactor: Double?
    @Option(help: "Who goes first where a capacity holds: position, batch-prioritized, probability, random.")
    var dropPriority: DropPriority?
    @Flag(inversion: .prefixedNo, help: "Let the weights that are left after drops sum to 1.")
    var renormalizesSurvivors: Bool?
    @Option(help: "gshard's second expert: sampled, random, always.") var secondExpert: SecondExpert?
    @Option(parsing: .unconditional, help: "Groups of experts.") var groups: Int?
    @Option(parsing: .unconditional, help: "Groups that a token may choose from.") var allowedGroups: Int?
    @Option(parsing: .unconditional, help: "Factor to all weights.") var routedScale: Double?
    @Option(parsing: .unconditional, help: "Step of the loss-free bias; 0: none.") var biasRate: Double?
    @Option(help: "base's solver: auction, greedy, hungarian, sinkhorn.") var solver: BalancedSolver?
    @Option(parsing: .unconditional, help: "stable: share of the steps before routes freeze. (default: 0.1)")
    var firstStage: Double?
    @Option(parsing: .unconditional, help: "stable: width of the distilled router. (default: 50)") var embedding: Int?
    @Option(parsing: .unconditional, help: "stable: weight of the distillation. (default: 0.3)")
    var distillation: Double?
    @Option(help: "hash: random, or balanced by frequency.") var hash: HashKind?
    @Option(parsing: .unconditional, help: "expert-choice: what thresholds keep of the past in a step. (default: 0.95)")
    var thresholdDecay: Double?
    @Option(parsing: .unconditional, help: "Factors 1 ± this on the router's input. (default: 0)") var jitter: Double?
    @Option(
        parsing: .unconditional,
        help: "Weight of the balance loss; 0: none. (default: 0.01, the router's own otherwise)")
    var balance: Double?
    @Option(help: "Whose balance counts: micro-batch, sequence, global-batch.")
    var balancePopulation: BalancePopulation?
    @Option(parsing: .unconditional, help: "Weight of the importance loss.") var importance: Double?
    @Option(parsing: .unconditional, help: "Weight of the load loss (noisy-top-k).") var load: Double?
    @Option(parsing: .unconditional, help: "Weight of the z-loss.") var zLoss: Double?

    var fields: [String: (any Sendable)?] {
        let fields: [String: (any Sendable)?] = [
            "name": router?.rawValue, "order": order?.rawValue, "capacity_factor": capacityFactor,
            "drop_priority": dropPriority?.rawValue, "renormalizes_survivors": renormalizesSurvivors,
            "second_expert": secondExpert?.rawValue, "groups": groups, "allowed_groups": allowedGroups,
            "routed_scale": routedScale, "bias_rate": biasRate, "solver": solver?.rawValue,
            "first_stage": firstStage, "embedding": embedding, "distillation": distillation, "hash": hash?.rawValue,
            "threshold_decay": thresholdDecay, "jitter": jitter, "balance": balance,
            "balance_population": balancePopulation?.rawValue, "importance": importance, "load": load, "z_loss": zLoss,
        ]
        let given = fields.compactMapValues { $0 }
        return ["experts": experts, "top_k": topK, "router": given.isEmpty ? nil : given]
    }
}

extension RouterName: NamedOption {}
extension RouterConfiguration.Order: NamedOption {}
extension DropPriority: NamedOption {}
extension SecondExpert: NamedOption {}
extension BalancedSolver: NamedOption {}
extension HashKind: NamedOption {}
extension BalancePopulation: NamedOption {}
