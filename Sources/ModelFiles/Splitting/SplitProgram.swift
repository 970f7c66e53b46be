/// An expression laid out as steps, from its end to its beginning.
struct SplitProgram {
    /// What is to be done at a place in the text.
    struct Step {
        enum Kind: UInt8 {
            /// The expression is through.
            case found
            case run
            /// As a run, without giving anything back.
            case firmRun
            /// One of several, the first that leads to a match.
            case choice
            case ahead
            case notAhead
            case lineEnd
        }

        var kind: Kind
        var set = 0
        var least = 1
        var most = 1
        var next = 0
        /// Of a choice: where it can go on.
        var targets: [Int] = []
    }

    private(set) var steps = [Step(kind: .found)]
    private(set) var sets: [ScalarSet] = []
    private(set) var first = 0

    init(_ expression: SplitExpression) { first = lay(expression, then: 0) }

    /// - Returns: the step with which the expression begins.
    private mutating func lay(_ expression: SplitExpression, then next: Int) -> Int {
        switch expression {
        case .set(let set): return add(Step(kind: .run, set: number(of: set), next: next))
        case .run(let set, let least, let most, let isFirm):
            let kind: Step.Kind = isFirm ? .firmRun : .run
            return add(Step(kind: kind, set: number(of: set), least: least, most: most, next: next))
        case .sequence(let parts): return parts.reversed().reduce(next) { lay($1, then: $0) }
        case .choice(let choices): return add(Step(kind: .choice, targets: choices.map { lay($0, then: next) }))
        case .optional(let inner): return add(Step(kind: .choice, targets: [lay(inner, then: next), next]))
        case .ahead(let set, let isWanted):
            return add(Step(kind: isWanted ? .ahead : .notAhead, set: number(of: set), next: next))
        case .lineEnd: return add(Step(kind: .lineEnd, set: number(of: ScalarSet(0x0A)), next: next))
        }
    }

    private mutating func add(_ step: Step) -> Int {
        steps.append(step)
        return steps.count - 1
    }

    private mutating func number(of set: ScalarSet) -> Int {
        if let known = sets.prefix(ScalarSymbols.setLimit).firstIndex(of: set) { return known }
        sets.append(set)
        return sets.count - 1
    }
}
