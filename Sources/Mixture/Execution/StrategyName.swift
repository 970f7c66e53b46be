/// What `--strategy` knows.
public enum StrategyName: Hashable, Sendable, CustomStringConvertible {
    /// The rows of each expert split over all threads: tensor parallelism.
    case rows
    /// Experts split over threads: expert parallelism.
    case experts
    /// Experts split over groups of so many threads, which split the rows.
    case groups(Int)
    /// One queue of all experts' tiles: the dropless grouped product of MegaBlocks (Gale et al., 2022, arXiv 2211.15841).
    case tiles
    /// Every expert's tokens split over threads: data parallelism.
    case tokens

    /// - Returns: nil for a name that is none.
    public init?(_ text: String) {
        switch text {
        case "rows": self = .rows
        case "experts": self = .experts
        case "tiles": self = .tiles
        case "tokens": self = .tokens
        case "groups": self = .groups(2)
        default:
            guard text.hasPrefix("groups:"), let threads = Int(text.dropFirst(7)), (1...1024).contains(threads) else {
                return nil
            }
            self = .groups(threads)
        }
    }

    public var description: String {
        switch self {
        case .rows: "rows"
        case .experts: "experts"
        case .groups(let threads): "groups:\(threads)"
        case .tiles: "tiles"
        case .tokens: "tokens"
        }
    }

    package var strategy: any ExecutionStrategy {
        switch self {
        case .rows: RowStrategy()
        case .experts: GroupStrategy(name: .experts, threadsPerGroup: 1)
        case .groups(let threads): GroupStrategy(name: self, threadsPerGroup: threads)
        case .tiles: TileStrategy()
        case .tokens: TokenStrategy()
        }
    }

    /// Every strategy that differs from the others on so many threads.
    package static func all(threads: Int) -> [StrategyName] {
        guard threads > 1 else { return [.tiles] }
        let groups = (2..<threads).filter { threads % $0 == 0 }
        return [.rows, .tiles, .experts] + groups.map(StrategyName.groups) + [.tokens]
    }
}
