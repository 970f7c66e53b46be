/// What computing experts of one shape costs on one machine, in seconds.
package struct UnitCosts: Codable, Sendable, Equatable {
    /// Of one row of weights for so many visits; a row of gate and up is two of them.
    package struct Point: Codable, Sendable, Equatable {
        package var visits: Int
        package var gateAndUpRow: Double
        package var downRow: Double

        package init(visits: Int, gateAndUpRow: Double, downRow: Double) {
            self.visits = visits
            self.gateAndUpRow = gateAndUpRow
            self.downRow = downRow
        }
    }

    /// For a thread that computes alone, ascending by visits.
    package var alone: [Point]
    /// For each of all threads when they compute at the same time, by the same numbers of visits.
    package var together: [Point]
    /// To gather a visit's input, and to convert what comes between gate and down.
    package var gatheredVisit: Double
    package var innerVisit: Double

    package init(alone: [Point], together: [Point], gatheredVisit: Double, innerVisit: Double) {
        self.alone = alone
        self.together = together
        self.gatheredVisit = gatheredVisit
        self.innerVisit = innerVisit
    }

    /// Whether all numbers are some that may have been measured.
    package var isSound: Bool {
        let points = alone + together
        return !alone.isEmpty && alone.map(\.visits) == together.map(\.visits)
            && zip(alone, alone.dropFirst()).allSatisfy { $0.visits < $1.visits }
            && points.allSatisfy { $0.visits >= 1 && Self.isCost($0.gateAndUpRow) && Self.isCost($0.downRow) }
            && Self.isCost(gatheredVisit) && Self.isCost(innerVisit)
    }

    /// Whether as many visits were measured as are computed together in so many rows of scratch memory.
    package func reaches(_ rows: Int) -> Bool {
        guard let most = Calibration.visits.last(where: { $0 <= rows }) else { return true }
        return (alone.last?.visits ?? 0) >= most
    }

    private static func isCost(_ seconds: Double) -> Bool { seconds.isFinite && seconds >= 0 && seconds < 10 }

    /// Of one row, while `active` of `threads` threads compute.
    ///
    /// - Parameter readers: how many of them take the same row at about the same time: it comes from memory once, and what they
    ///   have in common beside that is the processor.
    package func row(_ cost: KeyPath<Point, Double>, visits: Int, active: Int, of threads: Int, readers: Int = 1)
        -> Double
    {
        let lone = Self.interpolated(alone, visits, cost)
        guard threads > 1, active > 1 else { return lone }
        let company = Double(active - 1) / Double(threads - 1)
        let apart = lone + (Self.interpolated(together, visits, cost) - lone) * company
        guard readers > 1, let busiest = alone.last?[keyPath: cost], busiest > 0 else { return apart }
        // With as many visits as there are, reading counts for least.
        let slower = max(1, together.last![keyPath: cost] / busiest)
        let alike = min(apart, lone * (1 + (slower - 1) * company))
        // One of them comes first, and reads it from memory.
        return apart + (alike - apart) * Double(readers - 1) / Double(readers)
    }

    /// Between points linear; beyond the last in proportion.
    private static func interpolated(_ points: [Point], _ visits: Int, _ cost: KeyPath<Point, Double>) -> Double {
        guard let last = points.last else { return 0 }
        guard let next = points.firstIndex(where: { $0.visits >= visits }) else {
            return last[keyPath: cost] * Double(visits) / Double(last.visits)
        }
        guard next > 0, points[next].visits > visits else { return points[next][keyPath: cost] }
        let (low, high) = (points[next - 1], points[next])
        let share = Double(visits - low.visits) / Double(high.visits - low.visits)
        return low[keyPath: cost] + share * (high[keyPath: cost] - low[keyPath: cost])
    }
}
