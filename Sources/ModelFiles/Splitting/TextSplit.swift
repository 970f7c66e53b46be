/// One way of cutting a text, as `tokenizer.json` describes it; a vocabulary has several, each of which cuts what those
/// before it left.
public struct TextSplit: Codable, Sendable, Equatable {
    /// What becomes of the places that the pattern finds.
    public enum Behavior: String, Codable, Sendable {
        /// Each is a part of its own.
        case isolated = "Isolated"
        /// They are left out.
        case removed = "Removed"
        /// Those that touch are one part.
        case contiguous = "Contiguous"
        case mergedWithPrevious = "MergedWithPrevious"
        case mergedWithNext = "MergedWithNext"
    }

    /// A regular expression, or with ``isLiteral`` a text.
    public var pattern: String
    public var isLiteral: Bool
    public var behavior: Behavior
    /// Whether what lies between the places counts as found.
    public var isInverted: Bool

    public init(
        _ pattern: String, isLiteral: Bool = false, behavior: Behavior = .isolated, isInverted: Bool = false
    ) {
        self.pattern = pattern
        self.isLiteral = isLiteral
        self.behavior = behavior
        self.isInverted = isInverted
    }
}
