/// What byte-pair encoding by a list of merges needs beside the pieces.
public struct MergeRules: Codable, Sendable, Equatable {
    /// The ids of the two pieces of each merge, one pair after the other; the first goes first.
    public var merges: [Int32]
    /// Whether a word that is a piece is taken as one, whatever the merges say.
    public var ignoresMerges: Bool
    /// Whether unknown characters that touch are one unknown piece.
    public var fusesUnknown: Bool
    /// What a text goes through before it is searched for normalized pieces.
    public var normalization: [TextStep]
    /// What it goes through after that.
    public var preparation: [TextStep]
    /// How it is cut into words.
    public var splits: [TextSplit]
    /// Added pieces that are not simply looked for everywhere.
    public var added: [AddedPiece]

    public init(
        merges: [Int32], ignoresMerges: Bool = false, fusesUnknown: Bool = false, normalization: [TextStep] = [],
        preparation: [TextStep] = [], splits: [TextSplit] = [], added: [AddedPiece] = []
    ) {
        self.merges = merges
        self.ignoresMerges = ignoresMerges
        self.fusesUnknown = fusesUnknown
        self.normalization = normalization
        self.preparation = preparation
        self.splits = splits
        self.added = added
    }
}
