import Mixture
import Tensors
import Testing

@Suite struct StrategyTests {
    private static let names: [StrategyName] = [.rows, .experts, .groups(2), .groups(3), .tiles, .tokens]

    /// Loads with their tokens, experts and experts per token: one token, more threads than experts, empty experts, a hot one.
    struct Load: Sendable, CustomTestStringConvertible {
        let tokens: Int
        let experts: Int
        let k: Int
        /// How much likelier the first expert is.
        let heat: Float

        var testDescription: String { "\(tokens) tokens, \(experts) experts, \(k) each, heat \(heat)" }

        static let all = [
            Load(tokens: 1, experts: 5, k: 2, heat: 0), Load(tokens: 3, experts: 2, k: 2, heat: 0),
            Load(tokens: 37, experts: 5, k: 2, heat: 0), Load(tokens: 300, experts: 5, k: 2, heat: 4),
            Load(tokens: 700, experts: 3, k: 1, heat: 100),
        ]

        var assignment: Assignment {
            var state: UInt64 = 43
            let scores = (0..<tokens).map { _ in
                (0..<experts).map { expert in 3 * noise(&state) + (expert == 0 ? heat : 0) }
            }
            return TopKRouter(k: k).route(Matrix(scores))
        }
    }

    /// What the experts add to a residual stream of zeros.
    private func run(
        _ load: Load, _ source: some ExpertSource, _ layout: ExpertLayout, _ choice: StrategyChoice, threads: Int,
        nodes: Int = 1
    ) throws -> [Float] {
        let nodes = nodes == 1 ? MemoryNodes.one : MemoryNodes(pretended: nodes, processors: nodes)
        let workers = Workers(count: threads, nodes: nodes)
        let (hidden, format) = (layout.shape.hiddenSize, layout.shape.gateFormat)
        let sizes = Execution.Sizes(
            hiddenSize: hidden, intermediateSize: layout.shape.intermediateSize, tokens: load.tokens,
            visitsPerToken: load.k, threads: threads, hasFloats: format == .f32)
        let execution = Execution(sizes, planner: Planner(choice, threads: threads), workers: workers)
        var state: UInt64 = 42
        let input = (0..<load.tokens).map { _ in (0..<hidden).map { _ in noise(&state) } }
        var activations = Activations(rows: load.tokens, columns: hidden)
        activations.load(Matrix(input), for: [format], on: workers)
        var output = Matrix(rows: load.tokens, columns: hidden)
        // Twice, so that whoever chooses may choose another.
        for _ in 0..<2 {
            try execution.run(
                load.assignment, on: activations, from: source, layer: 0, phase: .prompt, addingTo: &output)
        }
        return output.withView { $0.withValues { values in values.indices.map { values[$0] } } }
    }

    @Test(arguments: Load.all) func `every strategy gives the same bits on any number of threads, in f32`(load: Load)
        throws
    {
        let expected = try run(load, RandomExperts(load.experts), RandomExpert.layout, .fixed(.tiles), threads: 1)
        #expect(expected.contains { $0 != 0 })
        for threads in 1...5 {
            for choice in Self.names.map(StrategyChoice.fixed) + [.automatic] {
                for landing in [false, true] {
                    let source = RandomExperts(load.experts, reversed: landing)
                    for expert in source.experts where expert.expert % 2 == 0 { expert.isResident = !landing }
                    let found = try run(load, source, RandomExpert.layout, choice, threads: threads)
                    #expect(found == expected, "\(choice) with \(threads) threads")
                    #expect(source.experts.allSatisfy { $0.releases % 2 == 0 })
                }
            }
        }
    }

    @Test(arguments: Load.all, [WeightFormat.q4_0, .q5_K])
    func `every strategy gives the same bits on any number of threads, with quantized weights`(
        load: Load, format: WeightFormat
    ) throws {
        // Rows that do not divide into slices, and several tiles.
        let shape = ExpertShape(
            hiddenSize: 256, intermediateSize: 768, gateFormat: format, upFormat: format, downFormat: format)
        let layout = try #require(ExpertLayout(shape, tileBytes: 40_000))
        let source = RandomBytesExperts(load.experts, layout)
        let expected = try run(load, source, layout, .fixed(.tiles), threads: 1)
        #expect(expected.contains { $0 != 0 })
        for threads in 1...5 {
            for choice in Self.names.map(StrategyChoice.fixed) + [.automatic] {
                for nodes in [1, 2, 3] {
                    let found = try run(load, source, layout, choice, threads: threads, nodes: nodes)
                    #expect(found == expected, "\(choice) with \(threads) threads on \(nodes) nodes")
                }
            }
        }
    }

    @Test(arguments: names, [1, 2, 5, 8]) func `a schedule computes every visit once, in rows that no other part uses`(
        name: StrategyName, threads: Int
    ) throws {
        for visits in [[1], [1, 1], [3, 1, 4, 1, 5], [700, 2], [256, 256, 1, 300]] {
            for (rows, chunk) in [(256, nil), (3000, 256), (threads * 64, nil)] as [(Int, Int?)] {
                let limits = ScheduleLimits(threads: threads, rows: rows, chunk: chunk)
                let schedule = try #require(name.strategy.schedule(visits, limits))
                #expect(schedule.teams.reduce(0) { $0 + $1.threads } <= threads)
                var seen = visits.map { Array(repeating: 0, count: $0) }
                var regions: [Range<Int>] = []
                for team in schedule.teams {
                    for phase in team.phases {
                        var used = Set<Int>()
                        for part in phase {
                            for visit in part.visits { seen[part.expert][visit] += 1 }
                            #expect(part.rows.count == part.visits.count && part.rows.upperBound <= rows)
                            #expect(used.isDisjoint(with: part.rows))
                            used.formUnion(part.rows)
                            if let chunk { #expect(part.visits.lowerBound % chunk == 0 && part.visits.count <= chunk) }
                        }
                    }
                    let all = team.phases.flatMap { $0.map(\.rows) }
                    let region = all.map(\.lowerBound).min()!..<all.map(\.upperBound).max()!
                    #expect(regions.allSatisfy { !$0.overlaps(region) })
                    regions.append(region)
                }
                #expect(seen.allSatisfy { $0.allSatisfy { $0 == 1 } })
            }
        }
    }

    @Test func `nodes share an expert's bytes, every byte on one of them`() throws {
        let layout = RandomExpert.layout
        let down = layout.tiles[layout.gateAndUpTiles].offset
        for nodes in 1...5 {
            let shares = (0..<nodes).map { Placement.rows(nodes: nodes).bytes(of: layout, node: $0) }
            for (part, whole) in [0..<down, down..<layout.length].enumerated() {
                #expect(shares.flatMap { Array($0[part]) } == Array(whole))
                let sizes = shares.map { $0[part].count }
                #expect(sizes.max()! - sizes.min()! <= 1)
            }
        }
        #expect(Placement.anywhere.bytes(of: layout, node: 0).isEmpty)
    }

    @Test func `strategies have names`() {
        for name in Self.names { #expect(StrategyName(name.description) == name) }
        #expect(StrategyName("groups") == .groups(2))
        for wrong in ["", "row", "groups:", "groups:0", "groups:-1", "groups:2x", "groups:9999999999999999999", "auto"]
        {
            #expect(StrategyName(wrong) == nil)
        }
        #expect(StrategyChoice("auto") == .automatic)
        #expect(
            StrategyName.all(threads: 8).map(\.description) == [
                "rows", "tiles", "experts", "groups:2", "groups:4", "tokens",
            ])
    }
}

/// Experts of random bytes, all resident.
private final class RandomBytesExperts: ExpertSource {
    private let experts: ResidentExperts

    init(_ count: Int, _ layout: ExpertLayout) {
        var state: UInt64 = 7
        let payloads = (0..<count).map { _ in
            let memory = PackedRows(layout) { count in (0..<count).map { _ in noise(&state) } }
            return ExpertPayload(bytes: memory.bytes, owner: memory)
        }
        experts = ResidentExperts(layouts: [layout], payloads: [payloads])
    }

    func layout(layer: Int) -> ExpertLayout { experts.layout(layer: layer) }

    func lease(_ wanted: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]) {
        experts.lease(wanted, layer: layer, tokens: tokens, into: &leases)
    }

    func prefetch(_ experts: [Int], layer: Int) {}
}

/// An expert's payload.
private final class PackedRows: @unchecked Sendable {  // Filled once.
    let bytes: UnsafeMutableRawPointer

    init(_ layout: ExpertLayout, _ numbers: (Int) -> [Float]) {
        bytes = .allocate(byteCount: layout.length, alignment: 64)
        for tile in layout.tiles {
            let shape = layout.shape
            switch tile.part {
            case .gateAndUp:
                pack(shape.gateFormat, tile.rows.count, shape.hiddenSize, at: tile.offset, numbers)
                pack(shape.upFormat, tile.rows.count, shape.hiddenSize, at: tile.offset + tile.upOffset, numbers)
            case .down: pack(shape.downFormat, tile.rows.count, shape.intermediateSize, at: tile.offset, numbers)
            }
        }
    }

    deinit { bytes.deallocate() }

    private func pack(
        _ format: WeightFormat, _ rows: Int, _ columns: Int, at offset: Int,
        _ numbers: (Int) -> [Float]
    ) {
        let values = numbers(rows * columns)
        let file = UnsafeMutableRawBufferPointer.allocate(
            byteCount: rows * format.bytesPerRow(columns: columns)!, alignment: 16)
        defer { file.deallocate() }
        format.encode(values.span, into: file)
        format.pack(
            rows: rows, columns: columns, from: UnsafeRawBufferPointer(file),
            into: UnsafeMutableRawBufferPointer(
                start: bytes + offset, count: format.packedBytes(rows: rows, columns: columns)!))
    }
}
