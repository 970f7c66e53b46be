/// Rows of scratch memory for each of several teams.
struct ScratchRegions {
    private let regions: [Range<Int>]

    /// - Parameter visits: of each team.
    /// - Returns: nil where a team would have less than a visit's, or a chunk's, rows.
    init?(_ limits: ScheduleLimits, teams: Int, visits: [Int]) {
        var (regions, next) = ([Range<Int>](), 0)
        let fitsWhole = visits.reduce(0, +) <= limits.rows
        for count in visits {
            let rows = fitsWhole ? count : limits.rows / teams
            guard rows >= min(limits.chunk ?? 1, count) else { return nil }
            regions.append(next..<next + rows)
            next += rows
        }
        self.regions = regions
    }

    subscript(team: Int) -> Range<Int> { regions[team] }
}

/// Cuts an expert's visits into parts that fit some rows of scratch memory.
struct VisitCutter {
    let rows: Range<Int>
    let chunk: Int?

    /// The parts of some visits; with chunks the first must begin one. They use the same rows, one after the other.
    func parts(of expert: Int, _ visits: Range<Int>) -> [Schedule.Part] {
        let most = min(chunk ?? rows.count, rows.count)
        guard visits.count > most else {
            guard !visits.isEmpty else { return [] }
            return [Schedule.Part(expert: expert, visits: visits, rows: rows.prefix(visits.count))]
        }
        return stride(from: visits.lowerBound, to: visits.upperBound, by: most).map { first in
            let visits = first..<min(first + most, visits.upperBound)
            return Schedule.Part(expert: expert, visits: visits, rows: rows.prefix(visits.count))
        }
    }
}
