/// Finds where a ``SplitExpression`` matches, in text that is UTF-8: the first alternative that can, and of each run of
/// characters as many as there are.
///
/// The expression is laid out as steps over classes of characters, and what a text begins with tells which alternatives
/// come into question, so that cutting a text costs a few table look-ups for each character. What failed once is not tried
/// again: the time grows with the text, whatever it is.
struct SplitPattern: Equatable, Sendable {
    /// What is to be done at a place in the text.
    struct Step: Equatable, Sendable {
        enum Kind: UInt8 {
            /// The pattern is through.
            case found
            case run
            /// As a run, without giving anything back.
            case firmRun
            /// One of several.
            case choice
            case ahead
            case notAhead
            case end
        }

        var kind: Kind
        var set: Int32 = 0
        var least = 1
        var most = 1
        var next: Int32 = 0
        /// Of a choice: its targets.
        var targets: Range<Int32> = 0..<0
    }

    /// A set, its ranges in ``ranges``.
    struct Members: Equatable, Sendable {
        var ascii: ScalarSet.Bits
        var classes: UInt64
        var ranges: Range<Int>
        var isNegated: Bool
    }

    let steps: [Step]
    let targets: [Int32]
    let sets: [Members]
    let ranges: [ClosedRange<UInt32>]
    /// The alternatives as steps, and which of them can begin with a character of ASCII or of a class, a bit for each.
    let alternatives: [Int32]
    let asciiStarts: [UInt64]
    let classStarts: [UInt64]
    private let table = ScalarTable.shared

    /// The most alternatives that a pattern can have.
    static let alternativeLimit = 64
    /// The most places in an alternative where it can go on in more than one way.
    private static let branchLimit = 12

    static func == (one: SplitPattern, other: SplitPattern) -> Bool {
        (one.steps, one.targets, one.sets, one.ranges, one.alternatives)
            == (other.steps, other.targets, other.sets, other.ranges, other.alternatives)
    }

    /// - Throws: `UnknownExpression` for one with more than 64 alternatives.
    init(_ expression: SplitExpression) throws(UnknownExpression) {
        var layout = SplitPatternLayout()
        let choices = if case .choice(let choices) = expression { choices } else { [expression] }
        guard choices.count <= Self.alternativeLimit else {
            throw .init(finding: "\(choices.count) alternatives, where \(Self.alternativeLimit) are possible")
        }
        guard choices.allSatisfy({ $0.branches <= Self.branchLimit }) else {
            throw .init(finding: "an alternative that can go on in too many ways")
        }
        let found = layout.add(Step(kind: .found))
        alternatives = choices.map { layout.lay($0, then: found) }
        (steps, targets, sets, ranges) = (layout.steps, layout.targets, layout.sets, layout.ranges)
        (asciiStarts, classStarts) = layout.starts(of: alternatives)
    }

    /// Calls `body` with each match in a text, in order.
    @inline(__always)
    func forEachMatch(in text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        var memory = Memory()
        var position = 0
        while position < text.count {
            let end = match(at: position, in: text, &memory)
            if end > position { body(position..<end) }
            position = end > position ? end : position + Self.length(text[position])
        }
    }

    /// What is known of long runs of characters, for each step; nothing before there is one.
    private struct Memory {
        /// What begins inside of a run ends with it.
        private(set) var runs: [Range<Int>] = []
        /// The ends of a run after which nothing matched, from the shortest to the longest that was tried: they need not
        /// be tried again.
        private(set) var failures: [Range<Int>] = []
        static let longRun = 32

        mutating func keep(run: Range<Int>, of step: Int, among steps: Int) {
            guard run.count > Self.longRun else { return }
            if runs.isEmpty { runs = Array(repeating: 0..<0, count: steps) }
            runs[step] = run
        }

        mutating func keep(failures ends: Range<Int>, of step: Int, among steps: Int) {
            guard ends.count > Self.longRun else { return }
            if failures.isEmpty { failures = Array(repeating: 0..<0, count: steps) }
            failures[step] = ends
        }
    }

    /// The end of the match that begins at a place, or -1.
    private func match(at start: Int, in text: Span<UInt8>, _ memory: inout Memory) -> Int {
        let first = text[start]
        var candidates: UInt64
        if first < 0x80 {
            candidates = asciiStarts[Int(first)]
        } else {
            candidates = classStarts[Int(table[Self.scalar(at: start, of: text).value])]
        }
        while candidates != 0 {
            let index = candidates.trailingZeroBitCount
            candidates &= candidates &- 1
            let end = follow(alternatives[index], from: start, in: text, &memory)
            if end >= 0 { return end }
        }
        return -1
    }

    private func follow(_ step: Int32, from start: Int, in text: Span<UInt8>, _ memory: inout Memory) -> Int {
        var (step, position) = (Int(step), start)
        while true {
            let next = Int(steps[step].next)
            switch steps[step].kind {
            case .found: return position
            case .end:
                guard position == text.count else { return -1 }
            case .ahead, .notAhead:
                let isThere = position < text.count && contains(Int(steps[step].set), at: position, of: text).isMember
                guard isThere == (steps[step].kind == .ahead) else { return -1 }
            case .choice:
                for target in steps[step].targets.dropLast() {
                    let end = follow(targets[Int(target)], from: position, in: text, &memory)
                    if end >= 0 { return end }
                }
                step = Int(targets[Int(steps[step].targets.upperBound) - 1])
                continue
            case .firmRun:
                guard let (end, _) = run(of: step, from: position, in: text, &memory) else { return -1 }
                position = end
            case .run:
                guard let (end, shortest) = run(of: step, from: position, in: text, &memory) else { return -1 }
                if shortest < end, steps[next].kind != .found {
                    return giveBack(step, to: end, shortest: shortest, in: text, &memory)
                }
                position = end
            }
            step = next
        }
    }

    /// Goes on after a run, and where that fails after a shorter one.
    ///
    /// - Parameter shortest: where the run ends that has only the characters it must have.
    private func giveBack(
        _ step: Int, to runEnd: Int, shortest: Int, in text: Span<UInt8>, _ memory: inout Memory
    ) -> Int {
        let isOpen = steps[step].most == .max
        var position = runEnd
        if isOpen, !memory.failures.isEmpty, memory.failures[step].upperBound == runEnd {
            position = memory.failures[step].lowerBound
            guard position > shortest else { return -1 }
            stepBack(&position, in: text)
        }
        while true {
            let end = follow(steps[step].next, from: position, in: text, &memory)
            if end >= 0 { return end }
            guard position > shortest else { break }
            stepBack(&position, in: text)
        }
        if isOpen { memory.keep(failures: shortest..<runEnd, of: step, among: steps.count) }
        return -1
    }

    private func stepBack(_ position: inout Int, in text: Span<UInt8>) {
        repeat { position -= 1 } while text[position] & 0xC0 == 0x80
    }

    /// The longest run and the shortest that the step allows, by their ends; nil where there are too few characters.
    private func run(
        of step: Int, from start: Int, in text: Span<UInt8>, _ memory: inout Memory
    ) -> (end: Int, shortest: Int)? {
        let (set, least, most) = (Int(steps[step].set), steps[step].least, steps[step].most)
        var (position, count) = (start, 0)
        var shortest = start
        let known = most == .max && !memory.runs.isEmpty ? memory.runs[step] : 0..<0
        while position < text.count, count < most {
            if count >= least, known.contains(position) {
                position = known.upperBound
                break
            }
            let (isMember, length) = contains(set, at: position, of: text)
            guard isMember else { break }
            position += length
            count += 1
            if count == least { shortest = position }
        }
        guard count >= least else { return nil }
        if most == .max { memory.keep(run: start..<position, of: step, among: steps.count) }
        return (position, shortest)
    }

    @inline(__always)
    private func contains(_ set: Int, at position: Int, of text: Span<UInt8>) -> (isMember: Bool, length: Int) {
        let byte = text[position]
        if byte < 0x80 { return (sets[set].ascii.contains(byte), 1) }
        let (value, length) = Self.scalar(at: position, of: text)
        let isOfClass = sets[set].classes >> UInt64(table[value]) & 1 != 0
        if sets[set].ranges.isEmpty { return (isOfClass != sets[set].isNegated, length) }
        return ((isOfClass || isInRanges(value, sets[set].ranges)) != sets[set].isNegated, length)
    }

    private func isInRanges(_ value: UInt32, _ places: Range<Int>) -> Bool {
        var (low, high) = (places.lowerBound, places.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < places.upperBound && ranges[low].lowerBound <= value
    }

    /// The character at a place of text that is UTF-8.
    @inline(__always)
    static func scalar(at position: Int, of text: Span<UInt8>) -> (value: UInt32, length: Int) {
        let first = text[position]
        let length = length(first)
        var value = UInt32(first) & (length == 1 ? 0x7F : 0x7F >> UInt32(length))
        for offset in 1..<max(length, 1) where position + offset < text.count {
            value = value << 6 | UInt32(text[position + offset] & 0x3F)
        }
        return (min(value, 0x10FFFF), length)
    }

    @inline(__always)
    private static func length(_ first: UInt8) -> Int {
        first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    }
}

extension SplitExpression {
    /// Places where it can go on in more than one way, each run of a few characters as many as it has ways; runs without
    /// a limit do not count (``SplitPattern`` remembers where they failed).
    fileprivate var branches: Int {
        switch self {
        case .set, .ahead, .end: 0
        case .run(_, let least, let most, _): most == .max ? 0 : min(most - least, 1 << 12)
        case .sequence(let parts): parts.dropLast().reduce(parts.last?.branchesAtEnd ?? 0) { $0 + $1.branches }
        case .choice(let choices): choices.reduce(choices.count) { $0 + $1.branches }
        case .optional(let inner): 1 + inner.branches
        }
    }

    /// A run at the very end gives nothing back.
    private var branchesAtEnd: Int { if case .run = self { 0 } else { branches } }
}
