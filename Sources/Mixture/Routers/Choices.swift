/// What tokens chose, before anything was dropped: visits grouped by token, in slot order.
///
/// Weights are reckoned, and losses counted, over all of them; only those that take place reach an expert.
struct Choices: Sendable {
    private(set) var offsets: [Int] = [0]
    var visits: [Assignment.Visit] = []
    /// Of each visit, whether it takes place.
    var takesPlace: [Bool] = []

    /// Makes the visits appended since the last call those of the next token.
    mutating func endToken() {
        offsets.append(visits.count)
        for _ in takesPlace.count..<visits.count { takesPlace.append(true) }
    }

    var tokens: Int { offsets.count - 1 }

    /// The indices of a token's visits.
    subscript(token: Int) -> Range<Int> { offsets[token]..<offsets[token + 1] }

    /// Visits that each expert was chosen for; with `slots` 1, as a first choice.
    func counts(experts: Int, slots: Int = .max) -> [Int] {
        var counts = [Int](repeating: 0, count: experts)
        for visit in visits where visit.slot < slots { counts[visit.expert] += 1 }
        return counts
    }

    /// The visits that take place, and for every choice its row among them, or −1.
    func assigned(experts: Int) -> (assignment: Assignment, rows: [Int]) {
        let dispatched = visits.indices.filter { takesPlace[$0] }
        let assignment = Assignment(dispatched.map { visits[$0] }, tokens: tokens, experts: experts)
        // Assignment keeps the order within an expert.
        var next = assignment.offsets
        var rows = [Int](repeating: -1, count: visits.count)
        for index in dispatched {
            rows[index] = next[visits[index].expert]
            next[visits[index].expert] += 1
        }
        return (assignment, rows)
    }

    /// Forgets the visits that do not take place; slots stay.
    mutating func forgetDropped() {
        var kept = Choices()
        for token in 0..<tokens {
            for index in self[token] where takesPlace[index] { kept.visits.append(visits[index]) }
            kept.endToken()
        }
        self = kept
    }
}
