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

/// Cuts a text into the words that are encoded by themselves.
package struct WordSplitter: Sendable, Equatable {
    private struct Step: Equatable {
        let pattern: SplitPattern
        let behavior: TextSplit.Behavior
        let isInverted: Bool
    }

    private let steps: [Step]

    /// - Throws: `UnknownExpression` for a regular expression that is not known.
    package init(_ splits: [TextSplit]) throws(UnknownExpression) {
        var steps: [Step] = []
        for split in splits {
            let expression =
                split.isLiteral ? SplitExpression(literal: split.pattern) : try SplitExpression(split.pattern)
            // What is found is kept and what lies between is not: all known expressions find everything.
            let isKept = split.behavior == .removed && split.isInverted
            steps.append(
                Step(
                    pattern: try SplitPattern(expression), behavior: isKept ? .isolated : split.behavior,
                    isInverted: split.isInverted && !isKept))
        }
        self.steps = steps
    }

    /// Calls `body` with each word of a text in UTF-8, in order.
    package func forEachWord(in text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        split(0..<text.count, of: text, from: 0, body)
    }

    private func split(_ range: Range<Int>, of text: Span<UInt8>, from first: Int, _ body: (Range<Int>) -> Void) {
        guard first < steps.count else { return range.isEmpty ? () : body(range) }
        var pieces = SplitPieces(behavior: steps[first].behavior)
        let isInverted = steps[first].isInverted
        func emit(_ piece: Range<Int>) {
            if first + 1 == steps.count { body(piece) } else { split(piece, of: text, from: first + 1, body) }
        }
        var position = range.lowerBound
        steps[first].pattern.forEachMatch(in: text.extracting(range)) { found in
            let match = found.lowerBound + range.lowerBound..<found.upperBound + range.lowerBound
            if position < match.lowerBound { pieces.add(position..<match.lowerBound, isFound: isInverted, emit) }
            pieces.add(match, isFound: !isInverted, emit)
            position = match.upperBound
        }
        if position < range.upperBound { pieces.add(position..<range.upperBound, isFound: isInverted, emit) }
        pieces.finish(emit)
    }
}

/// Puts together what a pattern found and what lies between, as a behavior asks for it.
private struct SplitPieces {
    let behavior: TextSplit.Behavior
    private var held: Range<Int>?
    private var isHeldFound = false

    init(behavior: TextSplit.Behavior) { self.behavior = behavior }

    @inline(__always)
    mutating func add(_ piece: Range<Int>, isFound: Bool, _ emit: (Range<Int>) -> Void) {
        switch behavior {
        case .isolated: emit(piece)
        case .removed: if !isFound { emit(piece) }
        case .contiguous: hold(piece, isFound: isFound, joins: isFound == isHeldFound, emit)
        case .mergedWithPrevious: hold(piece, isFound: isFound, joins: isFound && !isHeldFound, emit)
        case .mergedWithNext: hold(piece, isFound: isFound, joins: !isFound && isHeldFound, emit)
        }
    }

    private mutating func hold(_ piece: Range<Int>, isFound: Bool, joins: Bool, _ emit: (Range<Int>) -> Void) {
        if let before = held {
            if joins {
                held = before.lowerBound..<piece.upperBound
                isHeldFound = isFound
                return
            }
            emit(before)
        }
        held = piece
        isHeldFound = isFound
    }

    func finish(_ emit: (Range<Int>) -> Void) {
        if let held { emit(held) }
    }
}
