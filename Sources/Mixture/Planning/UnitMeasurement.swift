import Tensors

/// Measures the units that experts of one layout are computed in, alone and on all threads at the same time.
struct UnitMeasurement {
    private let layout: ExpertLayout
    private let experts: [LoneExpert]
    private let scratch: ExpertScratch.Views
    private let rows: Int
    private let constants: CostConstants
    private let workers: Workers

    init(
        _ layout: ExpertLayout, _ experts: [ExpertPayload], _ scratch: ExpertScratch.Views, rows: Int,
        _ constants: CostConstants, on workers: Workers
    ) {
        self.layout = layout
        self.experts = experts.enumerated().map { LoneExpert(expert: $0, layout: layout, payload: $1) }
        self.scratch = scratch
        self.rows = rows
        self.constants = constants
        self.workers = workers
    }

    func costs() -> UnitCosts {
        let visits = Calibration.visits.filter { $0 <= rows }
        func points(_ threads: Int) -> [UnitCosts.Point] {
            visits.map { visits in
                UnitCosts.Point(
                    visits: visits, gateAndUpRow: rowSeconds(.gateAndUp, visits: visits, threads: threads),
                    downRow: rowSeconds(.down, visits: visits, threads: threads))
            }
        }
        let most = min(rows, 64)
        return UnitCosts(
            alone: points(1), together: points(workers.count),
            gatheredVisit: rowSeconds(.gather, visits: most, threads: 1),
            innerVisit: rowSeconds(.inner, visits: most, threads: 1))
    }

    /// Seconds for a row of a unit, on each of so many threads.
    private func rowSeconds(_ stage: ExpertCut.Stage, visits: Int, threads: Int) -> Double {
        let pass = pass(visits)
        let cut = pass.cut
        let units = cut.units(stage, visits: visits, among: 1, threads: workers.count)
        let parts = experts.indices.map { Schedule.Part(expert: $0, visits: 0..<visits, rows: 0..<visits) }
        // Weights that were read last are the last to be read again.
        var first = 0
        let (seconds, turns) = Timing.seconds(first: 4 * threads) { turns in
            let from = first
            first += turns
            @Sendable func run(_ turn: Int) throws {
                let (expert, unit) = ((from + turn) / units % parts.count, (from + turn) % units)
                try pass.run(stage: stage.rawValue, unit: unit, of: units, parts[expert])
            }
            // Nothing has to be waited for or can fail.
            if threads == 1 {
                for turn in 0..<turns { try? run(turn) }
            } else {
                try? workers.run(
                    [Workers.Team(threads: threads, units: [turns])], { _, _, turn in try run(turn) },
                    didFinish: { _, _ in })
            }
        }
        let rowsOfAUnit = (0..<units).reduce(0) { $0 + cut.rows(stage, $1, of: units, visits: visits) }
        let overhead = threads == 1 ? 0 : constants.unit + constants.loop * Double(threads) / Double(turns)
        return max(0, seconds * Double(threads) - overhead) * Double(units) / Double(rowsOfAUnit)
    }

    /// So many visits to each expert, whose inputs have been gathered.
    private func pass(_ visits: Int) -> ExpertPass {
        // Every second token, so that their rows are not taken to follow each other; all experts have the same.
        let assignment = Assignment(
            (0..<visits).map { Assignment.Visit(token: 2 * $0 % rows, slot: 0, expert: 0, weight: 1) }, tokens: rows,
            experts: 1)
        return ExpertPass(
            assignment, experts.map { ExpertPass.Expert($0, visits: 0..<visits, isConsecutive: false) },
            ExpertCut(layout), tokens: scratch.gathered, scratch, on: workers)
    }
}
