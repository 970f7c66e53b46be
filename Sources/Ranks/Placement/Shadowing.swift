/// Which experts are worth sending to all ranks, rather than their tokens to them: FasterMoE's dynamic shadowing (He et al.,
/// 2022).
///
/// Unlike there, what ranks compute of shadowed experts counts, the hottest expert of the busiest rank is tried and not the
/// hottest of all, and training pays for gradients that come back.
package struct Shadowing: Sendable {
    /// Seconds to compute one visit of an expert, forward.
    package var computing: Double
    /// Seconds to send one token to another rank.
    package var sending: Double
    /// Seconds to send one expert's weights to all ranks.
    package var copying: Double
    /// Whether tokens and weights come back as gradients.
    package var isTraining = false

    package init(computing: Double, sending: Double, copying: Double, isTraining: Bool = false) {
        self.computing = computing
        self.sending = sending
        self.copying = copying
        self.isTraining = isTraining
    }

    /// Seconds that a layer takes with some of its experts on every rank.
    ///
    /// - Parameter visits: tokens of each rank that visit each expert, `[ranks, experts]`.
    package func seconds(_ visits: [[Int]], _ placement: ExpertOwners, shadowed: Set<Int>) -> Double {
        let totals = Self.totals(visits)
        return seconds(Self.work(visits, totals, placement, shadowed), shadowed.count)
    }

    /// The experts to send to every rank, in the order in which each makes the layer faster.
    package func shadowed(_ visits: [[Int]], _ placement: ExpertOwners) -> [Int] {
        let totals = Self.totals(visits)
        var chosen: [Int] = []
        var work = Self.work(visits, totals, placement, [])
        var best = seconds(work, 0)
        while let candidate = Self.hottest(on: Self.busiest(work), totals, placement, except: chosen) {
            let tried = Self.work(visits, totals, placement, Set(chosen + [candidate]))
            let time = seconds(tried, chosen.count + 1)
            guard time < best else { break }
            (best, work) = (time, tried)
            chosen.append(candidate)
        }
        return chosen
    }

    private func seconds(_ work: [Work], _ shadowed: Int) -> Double {
        // Backward computes twice as much, and sends tokens' gradients both ways.
        let (computed, sent, copied): (Double, Double, Double) = isTraining ? (3, 4, 2) : (1, 2, 1)
        let most = Double(work.map(\.computed).max() ?? 0)
        let busiestLink = Double(work.map { max($0.sent, $0.received) }.max() ?? 0)
        return computed * computing * most + sent * sending * busiestLink + copied * copying * Double(shadowed)
    }

    /// What one rank has to do, in tokens.
    private struct Work {
        var computed = 0
        var sent = 0
        var received = 0
    }

    private static func work(_ visits: [[Int]], _ totals: [Int], _ placement: ExpertOwners, _ shadowed: Set<Int>)
        -> [Work]
    {
        var work = visits.map { _ in Work() }
        for (expert, owner) in placement.owners.enumerated() {
            let isShadowed = shadowed.contains(expert)
            if !isShadowed {
                work[owner].computed += totals[expert]
                work[owner].received += totals[expert] - visits[owner][expert]
            }
            for rank in visits.indices {
                if isShadowed { work[rank].computed += visits[rank][expert] }
                if !isShadowed, rank != owner { work[rank].sent += visits[rank][expert] }
            }
        }
        return work
    }

    private static func totals(_ visits: [[Int]]) -> [Int] {
        guard let first = visits.first else { return [] }
        return visits.dropFirst().reduce(first) { sums, next in zip(sums, next).map { $0 + $1 } }
    }

    private static func busiest(_ work: [Work]) -> Int {
        work.indices.max { (work[$0].computed, $1) < (work[$1].computed, $0) } ?? 0
    }

    private static func hottest(on rank: Int, _ totals: [Int], _ placement: ExpertOwners, except: [Int]) -> Int? {
        placement.owners.indices.filter { placement.owners[$0] == rank && !except.contains($0) && totals[$0] > 0 }
            .max { (totals[$0], $1) < (totals[$1], $0) }
    }
}
