extension Assignment {
    /// How many visits each expert has.
    package var visitsByExpert: [Int] { zip(offsets, offsets.dropFirst()).map { $1 - $0 } }

    /// The expert that each token prefers, its lowest slot; −1 for a token that visits none.
    package var firstExperts: [Int] {
        var best = [Int](repeating: .max, count: tokens)
        var experts = [Int](repeating: -1, count: tokens)
        for visit in visits where visit.slot < best[visit.token] {
            best[visit.token] = visit.slot
            experts[visit.token] = visit.expert
        }
        return experts
    }

    /// Every token at the only expert, with weight 1.
    package static func everyToken(count: Int) -> Assignment {
        Assignment(
            (0..<count).map { Visit(token: $0, slot: 0, expert: 0, weight: 1) }, tokens: count, experts: 1)
    }
}
