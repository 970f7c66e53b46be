/// All that can come of a ``SplitProgram``, as one table: what a text was so far is one state, and each symbol leads to
/// another.
///
/// A state is what a backtracking search still has to try, in its order (Cox, 2010, "Regular Expression Matching in the
/// Wild"; Thompson, 1968). A step is taken when the character after it is known, so that a look at that character costs
/// nothing, and that a match ends is known one character later.
struct SplitAutomaton: Sendable {
    /// For each state a row, and in it for each symbol, at last for the end of the text, the ``Entry``. The first row is
    /// that of the state from which nothing can match.
    let entries: [Entry]
    let columns: Int

    /// Where the row of the next state begins, and whether a match ends before the symbol.
    struct Entry: Sendable {
        fileprivate let bits: UInt32

        fileprivate init(row: Int, isEnd: Bool) { bits = UInt32(row) << 1 | (isEnd ? 1 : 0) }

        @inline(__always) var row: Int { Int(bits >> 1) }
        @inline(__always) var isEnd: Bool { bits & 1 != 0 }
    }

    /// The row of the state in which a match begins.
    var start: Int { columns }

    /// - Throws: `UnknownExpression` for one that can go on in too many ways.
    init(_ program: SplitProgram, memberships: [UInt64]) throws(UnknownExpression) {
        var states = try SplitStates(program)
        columns = memberships.count + 1
        var entries = Array(repeating: Entry(row: 0, isEnd: false), count: columns)
        var state = 1
        while state < states.count {
            for symbol in 0..<columns {
                let sets = symbol < memberships.count ? memberships[symbol] : nil
                let (next, isEnd) = states.next(after: state, sets: sets)
                guard next * columns < 1 << 18, states.effort < 1 << 20 else { throw SplitStates.tooMany }
                entries.append(Entry(row: next * columns, isEnd: isEnd))
            }
            state += 1
        }
        self.entries = entries
    }
}

/// The states of a program, as far as they have been reached: what a search would try, in order, each as a step that
/// waits for a character, and how many of its run there are before.
private struct SplitStates {
    private let program: SplitProgram
    /// All of these, numbered: those of each step, and the step of each.
    private var firsts: [Int32] = []
    private var steps: [Int32] = []
    private var states: [[Int32]]
    private var numbers: [[Int32]: Int]
    /// The turn in which each was last tried, and reached.
    private var tried: [Int]
    private var reached: [Int]
    private var turn = 0
    /// How many have been tried in all.
    private(set) var effort = 0

    static let tooMany = UnknownExpression(finding: "what can go on in too many ways")

    var count: Int { states.count }

    init(_ program: SplitProgram) throws(UnknownExpression) {
        self.program = program
        for (index, step) in program.steps.enumerated() {
            firsts.append(Int32(steps.count))
            steps += repeatElement(Int32(index), count: step.highestCount + 1)
            guard steps.count < 1 << 16 else { throw Self.tooMany }
        }
        states = [[], [firsts[program.first]]]
        numbers = [states[0]: 0, states[1]: 1]
        tried = Array(repeating: 0, count: steps.count)
        reached = tried
    }

    /// - Parameter sets: those that the next character is in; nil at the end of the text.
    mutating func next(after state: Int, sets: UInt64?) -> (state: Int, isEnd: Bool) {
        var waiting = Array(states[state].reversed())
        var result: [Int32] = []
        turn += 1
        func isMember(_ set: Int) -> Bool { sets.map { $0 >> UInt64(set) & 1 != 0 } ?? false }
        while let place = waiting.popLast() {
            effort += 1
            guard tried[Int(place)] != turn else { continue }
            tried[Int(place)] = turn
            let step = program.steps[Int(steps[Int(place)])]
            switch step.kind {
            case .found: return (number(of: result), true)
            case .choice: for target in step.targets.reversed() { waiting.append(firsts[target]) }
            case .ahead: if isMember(step.set) { waiting.append(firsts[step.next]) }
            case .notAhead: if !isMember(step.set) { waiting.append(firsts[step.next]) }
            case .lineEnd: if sets == nil || isMember(step.set) { waiting.append(firsts[step.next]) }
            case .run, .firmRun:
                let count = Int(place - firsts[Int(steps[Int(place)])])
                let goesOn = count < step.most && isMember(step.set)
                if goesOn { reach(place + (count < step.highestCount ? 1 : 0), &result) }
                if count >= step.least, !(goesOn && step.kind == .firmRun) { waiting.append(firsts[step.next]) }
            }
        }
        return (number(of: result), false)
    }

    private mutating func reach(_ place: Int32, _ result: inout [Int32]) {
        guard reached[Int(place)] != turn else { return }
        reached[Int(place)] = turn
        result.append(place)
    }

    private mutating func number(of state: [Int32]) -> Int {
        if let number = numbers[state] { return number }
        numbers[state] = states.count
        states.append(state)
        return states.count - 1
    }
}

extension SplitProgram.Step {
    /// The count of a run from which on it does not matter.
    fileprivate var highestCount: Int { kind == .run || kind == .firmRun ? most == .max ? least : most : 0 }
}
