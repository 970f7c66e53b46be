/// Cuts a text into the words that are encoded by themselves.
package struct WordSplitter: Sendable {
    private let steps: [SplitStep]

    /// More than any tokenizer has.
    private static let stepLimit = 32
    /// Pieces of a text that are made at a time.
    private static let pieceLimit = 256

    /// - Throws: `UnknownExpression` for a regular expression that is not known.
    package init(_ splits: [TextSplit]) throws(UnknownExpression) {
        guard splits.count <= Self.stepLimit else {
            throw UnknownExpression(finding: "\(splits.count) expressions one after the other")
        }
        var steps: [SplitStep] = []
        for split in splits { steps.append(try SplitStep(split)) }
        self.steps = steps
    }

    /// Calls `body` with each word of a text in UTF-8, in order.
    package func forEachWord(in text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        var queues = steps.map(SplitQueue.init)
        var whole = text.isEmpty ? [] : [0..<text.count]
        hand(&whole, to: 0, of: text, &queues, body)
        for index in steps.indices { empty(index, of: text, &queues, isLast: true, body) }
    }

    /// Gives pieces to a step, or out where there is no further one.
    private func hand(
        _ pieces: inout [Range<Int>], to index: Int, of text: Span<UInt8>, _ queues: inout [SplitQueue],
        _ body: (Range<Int>) -> Void
    ) {
        if index == steps.count {
            for piece in pieces { body(piece) }
        } else {
            queues[index].parts += pieces
            if queues[index].parts.count >= Self.pieceLimit { empty(index, of: text, &queues, isLast: false, body) }
        }
        pieces.removeAll(keepingCapacity: true)
    }

    private func empty(
        _ index: Int, of text: Span<UInt8>, _ queues: inout [SplitQueue], isLast: Bool, _ body: (Range<Int>) -> Void
    ) {
        var pieces: [Range<Int>] = []
        pieces.reserveCapacity(Self.pieceLimit)
        var isMore = true
        while isMore {
            isMore = queues[index].cut(text, into: &pieces, limit: Self.pieceLimit)
            hand(&pieces, to: index + 1, of: text, &queues, body)
        }
    }
}

/// Parts of a text that wait for a step.
private struct SplitQueue {
    var parts: [Range<Int>] = []
    private let step: SplitStep
    /// How many of the parts are cut, and how far the next one is.
    private var cutParts = 0
    private var position = 0
    private var pieces: SplitPieces
    private var deadEnds = DeadEnds()

    init(_ step: SplitStep) {
        self.step = step
        pieces = SplitPieces(behavior: step.behavior)
    }

    /// Cuts parts until there are none or a number of pieces was made.
    ///
    /// - Returns: whether there are parts left.
    mutating func cut(_ text: Span<UInt8>, into output: inout [Range<Int>], limit: Int) -> Bool {
        while cutParts < parts.count {
            let part = parts[cutParts]
            var position = max(position, part.lowerBound)
            step.pattern.forEachMatch(within: position..<part.upperBound, of: text, &deadEnds) { match in
                if position < match.lowerBound {
                    pieces.add(position..<match.lowerBound, isFound: step.isInverted, to: &output)
                }
                pieces.add(match, isFound: !step.isInverted, to: &output)
                position = match.upperBound
                return output.count < limit
            }
            self.position = position
            if output.count >= limit, position < part.upperBound { return true }
            if position < part.upperBound {
                pieces.add(position..<part.upperBound, isFound: step.isInverted, to: &output)
            }
            pieces.finish(to: &output)
            cutParts += 1
        }
        parts.removeAll(keepingCapacity: true)
        cutParts = 0
        return false
    }
}

/// One of the steps, ready to be taken.
private struct SplitStep: Sendable {
    let pattern: SplitPattern
    let behavior: TextSplit.Behavior
    let isInverted: Bool

    init(_ split: TextSplit) throws(UnknownExpression) {
        let rule = try SplitRule(split)
        pattern = try SplitPattern(rule.expression)
        (behavior, isInverted) = (rule.behavior, rule.isInverted)
    }
}

/// What a step does, however it is spelled.
struct SplitRule: Equatable {
    let expression: SplitExpression
    let behavior: TextSplit.Behavior
    let isInverted: Bool

    init(_ split: TextSplit) throws(UnknownExpression) {
        expression = split.isLiteral ? SplitExpression(literal: split.pattern) : try SplitExpression(split.pattern)
        // What is found is kept and what lies between is not: all known expressions find everything.
        let isKept = split.behavior == .removed && split.isInverted
        behavior = isKept ? .isolated : split.behavior
        isInverted = split.isInverted && !isKept
    }
}

/// Puts together what a pattern found and what lies between, as a behavior asks for it.
private struct SplitPieces {
    let behavior: TextSplit.Behavior
    private var held: Range<Int>?
    private var isHeldFound = false

    init(behavior: TextSplit.Behavior) { self.behavior = behavior }

    @inline(__always)
    mutating func add(_ piece: Range<Int>, isFound: Bool, to output: inout [Range<Int>]) {
        switch behavior {
        case .isolated: output.append(piece)
        case .removed: if !isFound { output.append(piece) }
        case .contiguous: hold(piece, isFound: isFound, joins: isFound == isHeldFound, &output)
        case .mergedWithPrevious: hold(piece, isFound: isFound, joins: isFound && !isHeldFound, &output)
        case .mergedWithNext: hold(piece, isFound: isFound, joins: !isFound && isHeldFound, &output)
        }
    }

    private mutating func hold(_ piece: Range<Int>, isFound: Bool, joins: Bool, _ output: inout [Range<Int>]) {
        if let before = held {
            if joins {
                held = before.lowerBound..<piece.upperBound
                isHeldFound = isFound
                return
            }
            output.append(before)
        }
        held = piece
        isHeldFound = isFound
    }

    mutating func finish(to output: inout [Range<Int>]) {
        if let held { output.append(held) }
        held = nil
    }
}
