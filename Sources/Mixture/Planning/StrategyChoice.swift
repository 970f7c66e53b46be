/// How a layer's strategy is chosen.
public enum StrategyChoice: Hashable, Sendable, CustomStringConvertible {
    /// By the planner, layer by layer and load by load.
    case automatic
    case fixed(StrategyName)

    /// - Returns: nil for a name that is none.
    public init?(_ text: String) {
        if text == "auto" {
            self = .automatic
        } else {
            guard let name = StrategyName(text) else { return nil }
            self = .fixed(name)
        }
    }

    public var description: String {
        switch self {
        case .automatic: "auto"
        case .fixed(let name): name.description
        }
    }

    /// The strategies to choose among.
    package func candidates(threads: Int) -> [StrategyName] {
        switch self {
        case .automatic: StrategyName.all(threads: threads)
        case .fixed(let name): [name]
        }
    }

    /// Rows of scratch memory. A planner makes do with as many as the strategy that needs fewest.
    func scratchRows(threads: Int, needsChunks: Bool) -> Int {
        candidates(threads: threads)
            .map { $0.strategy.scratchRows(threads: threads, needsChunks: needsChunks) }.min() ?? Execution.batchRows
    }
}
