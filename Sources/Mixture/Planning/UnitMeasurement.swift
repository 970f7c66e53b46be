import Tensors

/// Measures the units that experts of one layout are computed in, alone and on all threads at the same time.
struct UnitMeasurement {
    private let layout: ExpertLayout
    private let experts: Int
    private let rows: Int
    /// As many visits to each expert as there are rows, whose inputs have been gathered; parts take the first of them.
    private let pass: ExpertPass
    private let constants: CostConstants
    private let workers: Workers

    init(
        _ layout: ExpertLayout, _ experts: [ExpertPayload], _ scratch: ExpertScratch.Views, rows: Int,
        _ constants: CostConstants, on workers: Workers
    ) {
        self.layout = layout
        self.experts = experts.count
        self.rows = rows
        // Every second token, so that their rows are not taken to follow each other; all experts have the same.
        let assignment = Assignment(
            (0..<rows).map { Assignment.Visit(token: 2 * $0 % rows, slot: 0, expert: 0, weight: 1) }, tokens: rows,
            experts: 1)
        let lone = experts.enumerated().map { number, payload in
            ExpertPass.Expert(
                LoneExpert(expert: number, layout: layout, payload: payload), visits: 0..<rows, isConsecutive: false)
        }
        pass = ExpertPass(assignment, lone, ExpertCut(layout), tokens: scratch.gathered, scratch, on: workers)
        self.constants = constants
        self.workers = workers
    }

    func costs() -> UnitCosts {
        let visits = Calibration.visits.filter { $0 <= rows }
        let most = min(rows, 64)
        let company = workers.count > 1 ? [1, workers.count] : [1]
        let kinds =
            company.flatMap { threads in
                visits.flatMap { [Kind(.gateAndUp, visits: $0, threads), Kind(.down, visits: $0, threads)] }
            } + [Kind(.gather, visits: most, 1), Kind(.inner, visits: most, 1)]
        let place = Place()
        let measured = zip(kinds, Timing.seconds(kinds.map { task($0, from: place) })).map { kind, time in
            (kind, rowSeconds(kind, time.seconds, turns: time.turns))
        }
        let costs = Dictionary(uniqueKeysWithValues: measured)
        func points(_ threads: Int) -> [UnitCosts.Point] {
            visits.map { visits in
                // Nobody is faster in company.
                func cost(_ stage: ExpertCut.Stage) -> Double {
                    company.filter { $0 >= threads }.map { costs[Kind(stage, visits: visits, $0)]! }.min()!
                }
                return UnitCosts.Point(visits: visits, gateAndUpRow: cost(.gateAndUp), downRow: cost(.down))
            }
        }
        return UnitCosts(
            alone: points(1), together: points(workers.count),
            gatheredVisit: costs[Kind(.gather, visits: most, 1)]!, innerVisit: costs[Kind(.inner, visits: most, 1)]!)
    }

    /// A unit on each of so many threads.
    private struct Kind: Hashable {
        let stage: ExpertCut.Stage
        let visits: Int
        let threads: Int

        init(_ stage: ExpertCut.Stage, visits: Int, _ threads: Int) {
            self.stage = stage
            self.visits = visits
            self.threads = threads
        }
    }

    /// The expert whose weights are read next: those that were read last are the last to be read again.
    private final class Place { var expert = 0 }

    private func task(_ kind: Kind, from place: Place) -> Timing.Task {
        let units = units(kind)
        return Timing.Task(first: 4 * kind.threads) { turns in
            let first = place.expert
            place.expert = (first + (turns + units - 1) / units) % experts
            @Sendable func run(_ turn: Int) throws {
                let part = Schedule.Part(
                    expert: (first + turn / units) % experts, visits: 0..<kind.visits, rows: 0..<kind.visits)
                try pass.run(stage: kind.stage.rawValue, unit: turn % units, of: units, part)
            }
            // Nothing has to be waited for or can fail.
            if kind.threads == 1 {
                for turn in 0..<turns { try? run(turn) }
            } else {
                try? workers.run(
                    [Workers.Team(threads: kind.threads, units: [turns])], { _, _, turn in try run(turn) },
                    didFinish: { _, _ in })
            }
        }
    }

    private func units(_ kind: Kind) -> Int {
        ExpertCut(layout).units(kind.stage, visits: kind.visits, among: 1, threads: workers.count)
    }

    /// Seconds for a row of a unit, of what a turn took.
    private func rowSeconds(_ kind: Kind, _ seconds: Double, turns: Int) -> Double {
        let cut = ExpertCut(layout)
        let units = units(kind)
        let rowsOfAUnit = (0..<units).reduce(0) { $0 + cut.rows(kind.stage, $1, of: units, visits: kind.visits) }
        let threads = Double(kind.threads)
        let overhead = kind.threads == 1 ? 0 : constants.unit + constants.loop * threads / Double(turns)
        return max(0, seconds * threads - overhead) * Double(units) / Double(rowsOfAUnit)
    }
}
