/// Balanced assignment by auction (Bertsekas, 1992), as BASE layers run it.
///
/// In every round each expert bids for as many tokens as its share is, those of the highest value to it; it bids how
/// much more they are worth to it than the first token it would do without, and a little. A token goes to the highest
/// bidder and costs everybody that bid from then on. A token won is held until somebody else bids more. When every
/// token has a bid, every expert has its share.
struct Auction {
    /// `[experts][tokens]`, finite.
    let scores: [[Float]]
    /// Tokens of each expert; together, all tokens.
    let shares: [Int]

    /// After so many rounds winners hold their tokens no longer, which ends sooner and a little worse.
    private static let patientRounds = 100
    /// After so many, tokens without a bid go where there is room.
    private static let rounds = 200
    /// The bidding step is the range of scores over this.
    private static let steps: Float = 50

    private var tokens: Int { scores.first?.count ?? 0 }

    func solve() -> [Int] {
        if let all = shares.firstIndex(of: tokens) { return Array(repeating: all, count: tokens) }
        var round = Round(tokens: tokens, step: step)
        for count in 0..<Self.rounds {
            for expert in shares.indices where shares[expert] > 0 {
                bid(expert, isPatient: count < Self.patientRounds, &round)
            }
            if round.bidders.allSatisfy({ $0 >= 0 }) { return round.bidders }
            round.close()
        }
        return completed(round.owners)
    }

    private var step: Float {
        let all = scores.joined()
        return max(((all.max() ?? 0) - (all.min() ?? 0)) / Self.steps, 1e-4)
    }

    private func bid(_ expert: Int, isPatient: Bool, _ round: inout Round) {
        let share = shares[expert]
        round.value(scores[expert], to: expert, isPatient: isPatient)
        var ranked = RankedTokens(round.values)
        ranked.select(share)
        let spare = round.values[ranked[share]]
        for rank in 0..<share {
            let token = ranked[rank]
            let isHeld = isPatient && round.owners[token] == expert
            round.offer(isHeld ? round.step : round.values[token] - spare + round.step, for: token, by: expert)
        }
    }

    /// Gives tokens without an owner to the experts with room that score them highest.
    private func completed(_ owners: [Int]) -> [Int] {
        var owners = owners
        var room = shares
        for owner in owners where owner >= 0 { room[owner] -= 1 }
        for token in owners.indices where owners[token] < 0 {
            let best = shares.indices.filter { room[$0] > 0 }.max { scores[$0][token] < scores[$1][token] }
            guard let best else { preconditionFailure("shares of \(shares.reduce(0, +)) for \(tokens) tokens") }
            owners[token] = best
            room[best] -= 1
        }
        return owners
    }
}

extension Auction {
    /// A round of bidding, and what earlier rounds left.
    private struct Round {
        let step: Float
        /// What the winning bids on a token add up to.
        private var costs: [Float]
        /// The expert that won a token in the round before, or −1.
        private(set) var owners: [Int]
        /// The expert with the highest bid so far, of equal bids the lower, or −1.
        private(set) var bidders: [Int]
        private var bids: [Float]
        /// What tokens are worth to the expert that bids.
        private(set) var values: [Float]

        init(tokens: Int, step: Float) {
            self.step = step
            costs = Array(repeating: 0, count: tokens)
            bids = costs
            values = costs
            owners = Array(repeating: -1, count: tokens)
            bidders = owners
        }

        mutating func value(_ scores: [Float], to expert: Int, isPatient: Bool) {
            for token in values.indices {
                values[token] =
                    owners[token] != expert ? scores[token] - costs[token] : isPatient ? .infinity : scores[token]
            }
        }

        mutating func offer(_ bid: Float, for token: Int, by expert: Int) {
            guard bid > bids[token] else { return }
            bids[token] = bid
            bidders[token] = expert
        }

        /// The highest bids win, and tokens cost that much more.
        mutating func close() {
            owners = bidders
            for token in bids.indices {
                costs[token] += bids[token]
                bids[token] = 0
                bidders[token] = -1
            }
        }
    }
}
