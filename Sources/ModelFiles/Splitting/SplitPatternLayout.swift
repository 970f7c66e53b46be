/// Lays an expression out as steps, from its end to its beginning.
struct SplitPatternLayout {
    private(set) var steps: [SplitPattern.Step] = []
    private(set) var targets: [Int32] = []
    private(set) var sets: [SplitPattern.Members] = []
    private(set) var ranges: [ClosedRange<UInt32>] = []

    mutating func add(_ step: SplitPattern.Step) -> Int32 {
        steps.append(step)
        return Int32(steps.count - 1)
    }

    /// - Returns: the step with which the expression begins.
    mutating func lay(_ expression: SplitExpression, then next: Int32) -> Int32 {
        switch expression {
        case .set(let set): return add(.init(kind: .run, set: add(set), next: next))
        case .run(let set, let least, let most, let isFirm):
            let kind: SplitPattern.Step.Kind = isFirm ? .firmRun : .run
            return add(.init(kind: kind, set: add(set), least: least, most: most, next: next))
        case .sequence(let parts): return parts.reversed().reduce(next) { lay($1, then: $0) }
        case .choice(let choices): return add(choices.map { lay($0, then: next) })
        case .optional(let inner): return add([lay(inner, then: next), next])
        case .ahead(let set, let isWanted):
            return add(.init(kind: isWanted ? .ahead : .notAhead, set: add(set), next: next))
        case .end: return add(.init(kind: .end, next: next))
        }
    }

    private mutating func add(_ choices: [Int32]) -> Int32 {
        let first = Int32(targets.count)
        targets += choices
        return add(.init(kind: .choice, targets: first..<Int32(targets.count)))
    }

    private mutating func add(_ set: ScalarSet) -> Int32 {
        let members = SplitPattern.Members(
            ascii: set.ascii, classes: set.classes.rawValue, ranges: ranges.count..<ranges.count + set.ranges.count,
            isNegated: set.isNegated)
        ranges += set.ranges
        sets.append(members)
        return Int32(sets.count - 1)
    }

    /// Which alternatives can begin with each character of ASCII, and with a character of each class.
    func starts(of alternatives: [Int32]) -> (ascii: [UInt64], classes: [UInt64]) {
        let starts = self.starts
        var ascii = Array(repeating: UInt64(0), count: 128)
        var classes = Array(repeating: UInt64(0), count: UnicodeData.classNames.count)
        for (index, alternative) in alternatives.enumerated() {
            let start = starts[Int(alternative)]
            for byte in ascii.indices where start.ascii.contains(UInt8(byte)) { ascii[byte] |= 1 << UInt64(index) }
            for kind in classes.indices where start.classes >> UInt64(kind) & 1 != 0 {
                classes[kind] |= 1 << UInt64(index)
            }
        }
        return (ascii, classes)
    }

    private struct Start {
        var ascii = ScalarSet.Bits()
        var classes: UInt64 = 0

        static let any = Start(ascii: .init(low: .max, high: .max), classes: ScalarClasses.all.rawValue)

        mutating func formUnion(_ other: Start) {
            ascii = ScalarSet.Bits(low: ascii.low | other.ascii.low, high: ascii.high | other.ascii.high)
            classes |= other.classes
        }
    }

    /// What each step can begin with; those that follow a step were laid before it.
    private var starts: [Start] {
        var starts: [Start] = []
        for step in steps {
            var start = Start()
            switch step.kind {
            case .found, .end, .ahead, .notAhead: start = .any
            case .choice:
                for target in step.targets { start.formUnion(starts[Int(targets[Int(target)])]) }
            case .run, .firmRun:
                let set = sets[Int(step.set)]
                let isExact = set.ranges.isEmpty && !set.isNegated
                start = Start(ascii: set.ascii, classes: isExact ? set.classes : ScalarClasses.all.rawValue)
                if step.least == 0 { start.formUnion(starts[Int(step.next)]) }
            }
            starts.append(start)
        }
        return starts
    }
}
