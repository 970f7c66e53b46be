/// Which experts the tokens visit: one visit for each (token, slot), grouped by expert.
///
/// Every router returns this, so dispatch, kernels, combination and metrics are written once.
package struct Assignment: Sendable, Equatable {
    package struct Visit: Sendable, Equatable {
        package var token: Int
        /// The place among the token's own choices, 0 being the first.
        package var slot: Int
        package var expert: Int
        package var weight: Float

        package init(token: Int, slot: Int, expert: Int, weight: Float) {
            self.token = token
            self.slot = slot
            self.expert = expert
            self.weight = weight
        }
    }

    package let tokens: Int
    package let experts: Int
    /// Visits grouped by expert, within an expert by token.
    package private(set) var visits: [Visit]
    /// The visits of expert e are `visits[offsets[e]..<offsets[e + 1]]`.
    package private(set) var offsets: [Int]

    /// Groups visits by expert (a counting sort: order within an expert stays).
    package init(_ unsorted: [Visit], tokens: Int, experts: Int) {
        self.tokens = tokens
        self.experts = experts
        var offsets = [Int](repeating: 0, count: experts + 1)
        for visit in unsorted { offsets[visit.expert + 1] += 1 }
        for expert in 0..<experts { offsets[expert + 1] += offsets[expert] }
        var next = offsets
        var sorted = unsorted
        for visit in unsorted {
            sorted[next[visit.expert]] = visit
            next[visit.expert] += 1
        }
        visits = sorted
        self.offsets = offsets
    }

    /// The visits to one expert.
    package subscript(expert: Int) -> ArraySlice<Visit> { visits[offsets[expert]..<offsets[expert + 1]] }

    /// Experts with at least one visit, ascending.
    package var visitedExperts: [ExpertVisits] {
        (0..<experts).compactMap { expert in
            let count = offsets[expert + 1] - offsets[expert]
            return count > 0 ? ExpertVisits(expert: expert, visits: count) : nil
        }
    }
}

extension Assignment {
    /// For each token, in slot order, the indices into ``visits`` of its own visits.
    ///
    /// The visits of token t are `rows[offsets[t]..<offsets[t + 1]]`. Slots need not be dense: a router with a capacity
    /// may have dropped some.
    package func rowsByToken() -> (rows: [Int], offsets: [Int]) {
        var offsets = [Int](repeating: 0, count: tokens + 1)
        for visit in visits { offsets[visit.token + 1] += 1 }
        for token in 0..<tokens { offsets[token + 1] += offsets[token] }
        var next = offsets
        var rows = [Int](repeating: 0, count: visits.count)
        for (row, visit) in visits.enumerated() {
            var place = next[visit.token]
            while place > offsets[visit.token], visits[rows[place - 1]].slot > visit.slot {
                rows[place] = rows[place - 1]
                place -= 1
            }
            rows[place] = row
            next[visit.token] += 1
        }
        return (rows, offsets)
    }
}
