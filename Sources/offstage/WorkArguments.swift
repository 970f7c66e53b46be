public import ArgumentParser
public import Inference
public import Mixture
public import Offload
public import Tensors

/// The flags that say with how much memory, and how, a model is run: whatever its threads and its texts are.
struct WorkArguments: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Memory for the whole process: 6G, 800M; 25% of the experts; min; auto.", valueName: "size"))
    var ram: MemoryBudget = .automatic

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Tokens of a text per pass through the layers. (default: the whole text)", valueName: "tokens"))
    var promptChunk: Int?

    @Option(help: "Which expert makes room for another.")
    var policy: EvictionPolicyName = .decay

    @Option(help: "Read the experts of a prompt's next layer while this one computes.")
    var prefetch: Switch = .on

    @Option(
        help: ArgumentHelp(
            "How experts are spread over threads: rows, experts, groups:2, tiles, tokens; auto.", valueName: "name"))
    var strategy: StrategyChoice = .automatic

    @Option(
        help: ArgumentHelp(
            "Where memory is in several nodes, give each a share of every expert's rows (rows), or leave it to the system (off).",
            valueName: "policy"))
    var numa: MemoryPolicy = .rows

    @Option(
        help: ArgumentHelp(
            "How keys and values are kept. f16 takes half the memory, q8_0 a quarter; both round, and change the output.",
            valueName: "format"))
    var kv: KeyValueFormat = .f32

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Experts that a token visits, instead of the model's own number; this changes the output.",
            valueName: "count"))
    var expertsPerToken: Int?

    func validate() throws {
        try Limits.check("--experts-per-token", expertsPerToken, 1...Int.max)
        try Limits.check("--prompt-chunk", promptChunk, 1...Int.max)
    }

    /// Opens a packed model as these flags want it.
    func model(at path: String) throws -> Model {
        let model = try Model(path: path, expertsPerToken: expertsPerToken)
        Terminal.warn(model.warnings)
        return model
    }

    /// The options of a session but for its sizes and threads.
    var options: SessionOptions {
        var options = SessionOptions()
        options.budget = ram
        options.keyValueFormat = kv
        options.policy = policy
        options.strategy = strategy
        options.usesMemoryNodes = numa == .rows
        options.planFolder = HomeOptions.cacheHome
        options.prefetchesPrompts = prefetch == .on
        return options
    }
}

enum MemoryPolicy: String, NamedOption { case rows, off }

enum Switch: String, NamedOption { case on, off }

extension MemoryBudget: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }

    public var defaultValueDescription: String {
        switch self {
        case .automatic: "auto"
        case .smallest: "min"
        case .bytes(let bytes): "\(bytes)"
        case .expertShare(let share): "\(share * 100)%"
        }
    }
}

extension EvictionPolicyName: NamedOption {}

extension KeyValueFormat: NamedOption {}

extension StrategyChoice: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument.lowercased()) }

    public var defaultValueDescription: String { description }

    public static var allValueStrings: [String] { ["auto", "rows", "experts", "groups:2", "tiles", "tokens"] }
}
