import Mixture
import Tensors
import Testing

/// Times that can be worked out by hand.
@Suite struct CostModelTests {
    /// Experts of 64 rows of gate and up, and 32 of down, each in one tile.
    private static let layout = ExpertLayout(
        ExpertShape(hiddenSize: 32, intermediateSize: 64, gateFormat: .q8_0, upFormat: .q8_0, downFormat: .q8_0))!

    /// A row costs 1 for a visit alone and 2 for eight; 1.5 times as much while all threads compute.
    private func model(threads: Int, loop: Double = 0, step: Double = 0, unit: Double = 0) -> CostModel {
        model(
            CostConstants(
                threads: threads, loop: loop, step: step, unit: unit, bandwidthAlone: 1, bandwidthTogether: 1))
    }

    private func model(_ constants: CostConstants) -> CostModel {
        let alone = [1, 8].map { visits in
            UnitCosts.Point(visits: visits, gateAndUpRow: visits == 1 ? 1 : 2, downRow: visits == 1 ? 1 : 2)
        }
        let together = alone.map {
            UnitCosts.Point(visits: $0.visits, gateAndUpRow: 1.5 * $0.gateAndUpRow, downRow: 1.5 * $0.downRow)
        }
        return CostModel(
            constants, UnitCosts(alone: alone, together: together, gatheredVisit: 0, innerVisit: 0), Self.layout)
    }

    private func seconds(_ model: CostModel, _ name: StrategyName, _ visits: [Int]) throws -> Double {
        let call = LayerCall(
            layer: 0, phase: .prompt, tokens: visits.max()!, experts: visits.count, visits: visits)
        return try #require(model.seconds(call, name.strategy, scratchRows: 256, gathers: false))
    }

    @Test func `one thread takes the sum of all rows`() throws {
        for name in [StrategyName.rows, .tiles, .experts, .tokens] {
            #expect(try seconds(model(threads: 1), name, [1, 1]) == 2 * (64 + 32))
            #expect(try seconds(model(threads: 1), name, [8]) == 2 * (64 + 32))
            // Between points costs are linear, beyond the last in proportion.
            #expect(try abs(seconds(model(threads: 1), name, [4]) - (1 + 3.0 / 7) * 96) < 1e-9)
            #expect(try seconds(model(threads: 1), name, [16]) == 4 * 96)
        }
    }

    @Test func `threads share rows, experts or tokens, and slow each other down`() throws {
        let two = model(threads: 2)
        // Half the rows each, at one and a half times the cost; the 32 rows of down are one slice, and one thread's.
        #expect(try seconds(two, .rows, [1]) == 1.5 * (32 + 32))
        #expect(try seconds(two, .experts, [1, 1]) == 1.5 * 96)
        // A single token is one thread's; the other has nothing, and slows nobody.
        #expect(try seconds(two, .tokens, [1]) == 96)
        #expect(try seconds(two, .experts, [1]) == 96)
        // One thread has an expert of 16 visits, the other one of 8 and then nothing more to do.
        let uneven = try seconds(two, .experts, [16, 8])
        #expect(uneven > 4 * 96 && uneven < 1.5 * 4 * 96)
    }

    @Test func `loops, steps and units cost what they cost`() throws {
        let bare = try seconds(model(threads: 1), .rows, [1, 1])
        #expect(try seconds(model(threads: 1, loop: 5), .rows, [1, 1]) == bare + 5)
        // Two experts of three steps each (nothing is gathered): five times a step follows another.
        #expect(try seconds(model(threads: 1, step: 1), .rows, [1, 1]) == bare + 5)
        #expect(try seconds(model(threads: 1, step: 1), .tiles, [1, 1]) == bare + 2)
        // One unit a step and expert.
        #expect(try seconds(model(threads: 1, unit: 1), .tiles, [1, 1]) == bare + 6)
    }

    @Test func `threads that take the same weights read them from memory once`() {
        // Alone a visit costs 1 and many 16; in company reading doubles the first and the second takes a quarter longer.
        let costs = UnitCosts(
            alone: [
                UnitCosts.Point(visits: 1, gateAndUpRow: 1, downRow: 1),
                UnitCosts.Point(visits: 64, gateAndUpRow: 16, downRow: 16),
            ],
            together: [
                UnitCosts.Point(visits: 1, gateAndUpRow: 2, downRow: 2),
                UnitCosts.Point(visits: 64, gateAndUpRow: 20, downRow: 20),
            ], gatheredVisit: 0, innerVisit: 0)
        func row(_ visits: Int, active: Int, readers: Int) -> Double {
            costs.row(\.downRow, visits: visits, active: active, of: 2, readers: readers)
        }
        #expect(row(1, active: 2, readers: 1) == 2)
        // The first reads in company, the other computes in company: (2 + 1.25) / 2.
        #expect(row(1, active: 2, readers: 2) == 1.625)
        #expect(row(64, active: 2, readers: 2) == 20)
        #expect(row(1, active: 1, readers: 2) == 1)
    }

    @Test func `weights on another node take their way, but for teams that are near all of them`() throws {
        let near = model(threads: 4, unit: 1)
        let alone = try seconds(near, .experts, [1, 1, 1, 1])
        let tiles = try seconds(near, .tiles, [1, 1, 1, 1])
        var constants = near.constants
        constants.nodes = 2
        // Without a link that anybody knows nothing changes.
        #expect(try seconds(model(constants), .experts, [1, 1, 1, 1]) == alone)
        constants.link = CostConstants.Link(latency: 3, bandwidth: 17)
        // Rows of gate and up have 2 × 34 bytes, rows of down 68; half of them lie afar, and each thread has two units of those.
        let way = 64 * 68.0 / 2 / 17 + 32 * 68.0 / 2 / 17 + Double(2 * 3)
        #expect(try abs(seconds(model(constants), .experts, [1, 1, 1, 1]) - alone - way) < 1e-9)
        #expect(try seconds(model(constants), .tiles, [1, 1, 1, 1]) == tiles)
        // So the planner prefers what it would not have without.
        let call = LayerCall(layer: 0, phase: .decode, tokens: 1, experts: 4, visits: [1, 1, 1, 1])
        for (costs, first) in [(near, StrategyName.experts), (model(constants), .tiles)] {
            let planner = Planner(.automatic, threads: 4)
            planner.knowledge.prediction = { call, strategy in
                costs.seconds(call, strategy, scratchRows: 256, gathers: false)
            }
            #expect(planner.decide(call).strategy.name == first)
        }
    }

    @Test func `calibration finds costs that grow with visits, and a prediction for every strategy`() throws {
        let workers = Workers(count: 2)
        let layout = try #require(
            ExpertLayout(
                ExpertShape(
                    hiddenSize: 256, intermediateSize: 512, gateFormat: .q4_0, upFormat: .q4_0, downFormat: .q4_0)))
        let trial = StrategyTrial(
            TrialExperts(layout, bytes: 8 << 20), tokens: 64, expertsPerToken: 2,
            StrategyName.all(threads: 2), on: workers)
        let constants = CostConstants(
            threads: 2, loop: 0, step: 0, unit: 0, bandwidthAlone: 1, bandwidthTogether: 1)
        let costs = try #require(trial.costs(constants))
        #expect(costs.isSound)
        #expect(costs.alone.map(\.visits) == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128])
        // Sixty-four times the work takes longer on any machine, however it is disturbed.
        #expect(costs.alone[11].gateAndUpRow > 2 * costs.alone[0].gateAndUpRow)
        let call = LayerCall(layer: 0, phase: .prompt, tokens: 64, experts: 4, visits: [40, 30, 30, 28])
        for name in StrategyName.all(threads: 2) {
            let seconds = try #require(
                CostModel(constants, costs, layout).seconds(
                    call, name.strategy, scratchRows: trial.scratchRows(of: name)))
            #expect(seconds > 0 && seconds.isFinite)
        }
    }
}
