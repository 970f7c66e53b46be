extension ExpertOwners {
    /// Gives every rank as many tokens as any other, to one, by lending the experts of busy ranks to idle ones.
    ///
    /// What a rank has too many tokens of goes to whoever lacks the most, its busiest expert first. Each loan satisfies its
    /// borrower, relieves its lender, or gives an expert away whole, so there are fewer than two for each rank and one for
    /// each expert. A balance of this kind can be found for every batch, from its own routes (MoonEP, 2026).
    package func balanced(for loads: [Int]) -> ExpertShares {
        let work = shares(of: loads).loads(ranks: ranks)
        var surplus = surpluses(work)
        var lent = loads.map { _ in [ExpertShares.Share]() }
        var left = loads
        let experts = Dictionary(grouping: owners.indices) { owners[$0] }
        for lender in (0..<ranks).sorted(by: { (-surplus[$0], $0) < (-surplus[$1], $1) }) {
            for expert in (experts[lender] ?? []).sorted(by: { (-loads[$0], $0) < (-loads[$1], $1) }) {
                while surplus[lender] > 0, left[expert] > 0 {
                    let borrower = (0..<ranks).min { surplus[$0] < surplus[$1] } ?? lender
                    let tokens = min(left[expert], surplus[lender], -surplus[borrower])
                    lent[expert].append(.init(rank: borrower, tokens: tokens))
                    left[expert] -= tokens
                    surplus[lender] -= tokens
                    surplus[borrower] += tokens
                }
            }
        }
        return ExpertShares(
            owners.indices.map { expert in
                let own = left[expert] > 0 || lent[expert].isEmpty
                return (own ? [.init(rank: owners[expert], tokens: left[expert])] : []) + lent[expert]
            })
    }

    /// What each rank has more than its part; the busiest keep what cannot be shared.
    private func surpluses(_ work: [Int]) -> [Int] {
        let sum = work.reduce(0, +)
        var parts = [Int](repeating: sum / ranks, count: ranks)
        for rank in (0..<ranks).sorted(by: { (-work[$0], $0) < (-work[$1], $1) }).prefix(sum % ranks) {
            parts[rank] += 1
        }
        return zip(work, parts).map { $0 - $1 }
    }
}
