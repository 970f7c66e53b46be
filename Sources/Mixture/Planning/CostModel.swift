/// Predicts how long a schedule takes: every thread's turns are played through with the costs of units that were measured.
///
/// A roofline for each unit: what a row of weights costs was measured with weights that come from memory, so it is the greater
/// of what multiplying and what reading takes, alone or beside others that read. What strategies differ in follows from their
/// schedules: who waits for whom, how long the last ones work alone, and how often a step ends.
package struct CostModel: Sendable {
    package let constants: CostConstants
    package let costs: UnitCosts
    package let layout: ExpertLayout

    package init(_ constants: CostConstants, _ costs: UnitCosts, _ layout: ExpertLayout) {
        self.constants = constants
        self.costs = costs
        self.layout = layout
    }

    /// Seconds for one call, as a strategy schedules it; nil where it cannot.
    package func seconds(
        _ call: LayerCall, _ strategy: any ExecutionStrategy, scratchRows: Int, gathers: Bool = true
    ) -> Double? {
        let limits = ScheduleLimits(
            threads: constants.threads, rows: scratchRows,
            chunk: layout.shape.hasFloats ? Execution.batchRows : nil)
        return strategy.schedule(call.visits, limits).map { seconds($0, gathers: gathers) }
    }

    /// Seconds for a schedule.
    ///
    /// - Parameter gathers: whether inputs must be gathered; a single token's need not.
    package func seconds(_ schedule: Schedule, gathers: Bool) -> Double {
        let cut = ExpertCut(layout)
        let readers = Self.readers(schedule)
        var clock = ThreadClock(
            teams: schedule.teams.map { team in
                ThreadClock.Team(
                    threads: team.threads,
                    steps: team.phases.flatMap { phase in
                        ExpertCut.Stage.allCases.map { stage in
                            phase.flatMap { part in
                                units(stage, part, phase.count, team.threads, cut, gathers, readers[part.expert]!)
                            }
                        }
                    })
            }, step: constants.step)
        return constants.loop + clock.run { unit, active in cost(unit, active) + constants.unit }
    }

    private func units(
        _ stage: ExpertCut.Stage, _ part: Schedule.Part, _ parts: Int, _ threads: Int, _ cut: ExpertCut,
        _ gathers: Bool, _ readers: Int
    ) -> [ThreadClock.Unit] {
        if stage == .gather && !gathers { return [] }
        let count = cut.units(stage, visits: part.visits.count, among: parts, threads: threads)
        return (0..<count).map { unit in
            ThreadClock.Unit(
                stage: stage, visits: part.visits.count,
                rows: cut.rows(stage, unit, of: count, visits: part.visits.count),
                // A team of all threads has some near every node; any other reads all nodes' rows from where it is.
                isFromAllNodes: threads < constants.threads, readers: readers)
        }
    }

    /// How many teams take an expert's weights: they come to it at about the same time.
    private static func readers(_ schedule: Schedule) -> [Int: Int] {
        var readers: [Int: Int] = [:]
        for team in schedule.teams {
            for expert in Set(team.phases.joined().map(\.expert)) { readers[expert, default: 0] += 1 }
        }
        return readers
    }

    private func row(_ cost: KeyPath<UnitCosts.Point, Double>, _ unit: ThreadClock.Unit, _ active: Int) -> Double {
        costs.row(cost, visits: unit.visits, active: active, of: constants.threads, readers: unit.readers)
    }

    private func cost(_ unit: ThreadClock.Unit, _ active: Int) -> Double {
        let rows = Double(unit.rows)
        return switch unit.stage {
        case .gather: rows * costs.gatheredVisit
        case .inner: rows * costs.innerVisit
        case .gateAndUp:
            rows * row(\.gateAndUpRow, unit, active) + wayFromAfar(unit, tile: layout.tiles[0])
        case .down:
            rows * row(\.downRow, unit, active) + wayFromAfar(unit, tile: layout.tiles[layout.gateAndUpTiles])
        }
    }

    /// What a unit's weights take to come from the other nodes.
    private func wayFromAfar(_ unit: ThreadClock.Unit, tile: ExpertLayout.Tile) -> Double {
        guard let link = constants.link, constants.nodes > 1, unit.isFromAllNodes else { return 0 }
        let bytes = Double(unit.rows) * Double(tile.length) / Double(tile.rows.count)
        return link.latency + bytes * Double(constants.nodes - 1) / Double(constants.nodes) / link.bandwidth
    }
}
