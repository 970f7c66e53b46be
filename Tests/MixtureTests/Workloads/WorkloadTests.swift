import Foundation
import Mixture
import Tensors
import Testing

@Suite struct WorkloadTests {
    struct Size: Sendable, CustomTestStringConvertible {
        let experts, topK, tokens, ranks: Int
        var testDescription: String { "\(tokens) tokens, \(topK) of \(experts) experts, \(ranks) ranks" }

        /// One expert, all experts, one token, more ranks than experts, numbers that do not divide.
        static let odd = [
            Size(experts: 1, topK: 1, tokens: 5, ranks: 4), Size(experts: 7, topK: 7, tokens: 9, ranks: 3),
            Size(experts: 5, topK: 2, tokens: 1, ranks: 4), Size(experts: 3, topK: 2, tokens: 17, ranks: 9),
            Size(experts: 13, topK: 3, tokens: 101, ranks: 4), Size(experts: 32, topK: 8, tokens: 64, ranks: 1),
        ]
    }

    private func workload(
        _ kind: Workload.Kind, experts: Int = 32, topK: Int = 2, tokens: Int = 128, steps: Int = 16, seed: UInt64 = 1,
        ranks: Int = 4
    ) throws -> Workload {
        try Workload(kind, experts: experts, topK: topK, tokens: tokens, steps: steps, seed: seed, ranks: ranks)
    }

    @Test(arguments: Workload.Kind.allCases, Size.odd)
    func `every token visits as many different experts as it should, and no visit is lost`(
        kind: Workload.Kind, size: Size
    ) throws {
        let workload = try workload(
            kind, experts: size.experts, topK: size.topK, tokens: size.tokens, steps: 9, ranks: size.ranks)
        for step in workload.allSteps {
            #expect(kind == .burst ? (1...size.tokens).contains(step.tokens) : step.tokens == size.tokens)
            #expect(step.tokensBySource.count == size.ranks)
            #expect(step.tokensBySource.reduce(0, +) == step.tokens)
            #expect(step.visitsByExpert.count == size.experts)
            #expect(step.visitsByExpert.reduce(0, +) == step.tokens * size.topK)
            for token in 0..<step.tokens { #expect(Set(step.experts(of: token)).count == size.topK) }
            #expect(workload.blocks.loads(step.visitsByExpert).reduce(0, +) == step.tokens * size.topK)
            let call = step.call(layer: 3)
            #expect(call.totalVisits == step.tokens * size.topK && !call.visits.contains(0) && call.layer == 3)
            #expect(call.phase == (step.tokens == 1 ? .decode : .prompt))
        }
    }

    @Test(arguments: Workload.Kind.allCases) func `a step is what a router would have returned`(kind: Workload.Kind)
        throws
    {
        let step = try workload(kind, experts: 9, topK: 3, tokens: 21).step(2)
        // Scores that fall from choice to choice make a router choose the same.
        let scores = (0..<step.tokens).map { token in
            let places = Array(step.experts(of: token))
            return (0..<9).map { expert in Float(-(places.firstIndex(of: UInt16(expert)) ?? 9)) }
        }
        let routed = TopKRouter(k: 3).route(Matrix(scores))
        let made = step.assignment
        #expect(made.offsets == routed.offsets && made.visitsByExpert == step.visitsByExpert)
        for (visit, other) in zip(made.visits, routed.visits) {
            #expect(visit.token == other.token && visit.slot == other.slot && visit.expert == other.expert)
        }
        let (rows, offsets) = made.rowsByToken()
        for token in 0..<step.tokens {
            let weights = rows[offsets[token]..<offsets[token + 1]].map { made.visits[$0].weight }
            let expected: [Float] = [3 / 6, 2 / 6, 1 / 6]
            #expect(weights == expected)
        }
    }

    /// Steps that `Tests/Golden/make_workloads_golden.py` made.
    private struct Golden: Decodable {
        let kind: Workload.Kind
        let experts, topK, tokens, ranks, step: Int
        let seed: UInt64
        let tokensBySource: [Int]
        let chosen: [UInt16]
    }

    @Test func `a seed makes the same steps everywhere, in any order`() throws {
        let file = URL(filePath: #filePath).appending(path: "../../../Golden/workloads.json").standardizedFileURL
        let cases = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))
        #expect(Set(cases.map(\.kind)) == Set(Workload.Kind.allCases))
        for golden in cases {
            let workload = try workload(
                golden.kind, experts: golden.experts, topK: golden.topK, tokens: golden.tokens, seed: golden.seed,
                ranks: golden.ranks)
            let step = workload.step(golden.step)
            #expect(step.chosen == golden.chosen, "\(golden.kind) \(golden.step)")
            #expect(step.tokensBySource == golden.tokensBySource, "\(golden.kind) \(golden.step)")
        }
    }

    @Test(arguments: Workload.Kind.allCases) func `another seed makes other steps`(kind: Workload.Kind) throws {
        let (first, second) = (try workload(kind, seed: 1), try workload(kind, seed: 2))
        #expect(first.step(0).chosen != second.step(0).chosen)
        #expect(first.step(0).chosen != first.step(8).chosen)
    }

    @Test func `each kind is as uneven as it says`() throws {
        func visits(_ kind: Workload.Kind) throws -> [Int] { try workload(kind, tokens: 512).step(0).visitsByExpert }
        func greatest(_ count: Int, _ kind: Workload.Kind) throws -> Double {
            Double(try visits(kind).sorted(by: >).prefix(count).reduce(0, +)) / 1024
        }
        let balanced = try visits(.balanced)
        #expect(balanced.allSatisfy { $0 == 32 })
        // All tokens but one in thirty or so.
        #expect(try visits(.hotExpert).max()! > 480)
        // Two of eight experts on the rank are not hot.
        for kind in [Workload.Kind.hotSet, .spreadSet, .rotating] {
            #expect(try (0.75...0.84).contains(greatest(4, kind)))
        }
        #expect(try (0.76...0.84).contains(greatest(8, .hotRank)))
        #expect(try visits(.emptyExperts).count { $0 == 0 } == 16)
        #expect(try visits(.ragged).max()! < 60)
    }

    @Test func `a hot set moves on by its own size where it rotates, and stays elsewhere`() throws {
        func hot(_ kind: Workload.Kind, _ step: Int) throws -> Set<Int> {
            let visits = try workload(kind, tokens: 512, steps: 64).step(step).visitsByExpert
            return Set(visits.indices.sorted { visits[$0] > visits[$1] }.prefix(4))
        }
        let start = try #require(try hot(.rotating, 0).min())
        for step in [0, 1, 5, 7, 8, 33] {
            #expect(try hot(.rotating, step) == Set((0..<4).map { (start + 4 * step + $0) % 32 }))
            #expect(try hot(.hotSet, step) == hot(.hotSet, 0))
        }
        #expect(start % 8 == 0)
        // One in each rank.
        #expect(try Set(hot(.spreadSet, 0).map { $0 / 8 }).count == 4)
    }

    @Test func `one step in eight is a burst of all tokens`() throws {
        let tokens = try workload(.burst, tokens: 512, steps: 80).allSteps.map(\.tokens)
        #expect(tokens[0] == 512)
        for text in 0..<10 { #expect(tokens[text * 8..<text * 8 + 8].count { $0 == 512 } == 1) }
        #expect(tokens.allSatisfy { $0 == 512 || $0 <= 64 })
        #expect(Set(tokens) == [512, 64, 32, 16, 8, 4])
    }

    @Test func `sources are of unequal length where they are ragged`() throws {
        let lengths = try workload(.ragged, tokens: 120).allSteps.map(\.tokensBySource)
        for sources in lengths { #expect(sources.sorted() == [4, 16, 36, 64]) }
        #expect(Set(lengths).count > 4)
        #expect(try workload(.balanced, tokens: 10).step(0).tokensBySource == [2, 3, 2, 3])
    }

    /// The published imbalance of ranks of W0 to W7, without W4, and how far off ours may be: NVIDIA/Megatron-LM, pull request
    /// 7488, 4 ranks, 2 experts for each of 128 tokens. Theirs are of one seed, ours are means, and they do not tell how many
    /// experts they have; ours have 32.
    @Test(
        arguments: [
            (Workload.Kind.balanced, 1.000, 0), (.hotSet, 3.312, 0.03), (.hotRank, 3.219, 0.03),
            (.spreadSet, 1.281, 0.10),
            (.emptyExperts, 2.156, 0.05), (.rotating, 3.312, 0.03), (.burst, 1.219, 0.05),
        ] as [(Workload.Kind, Double, Double)])
    func `ranks are about as unevenly loaded as in the workloads proposed for Megatron-LM`(
        kind: Workload.Kind, published: Double, tolerance: Double
    ) throws {
        let seeds = try (UInt64(0)..<8).map { try workload(kind, steps: 16, seed: $0) }
        let mean = seeds.reduce(0) { $0 + $1.rankImbalance } / 8
        #expect(abs(mean / published - 1) <= tolerance, "\(mean) instead of \(published)")
        // The published one is none that ours could not be.
        let steps = seeds.flatMap { workload in
            workload.allSteps.filter { $0.tokens == 128 }.map { workload.blocks.imbalance($0.visitsByExpert) }
        }
        #expect(steps.min()! <= published + 0.0005 && published - 0.0005 <= steps.max()!)
    }

    @Test func `experts are in blocks on ranks`() {
        let blocks = RankBlocks(experts: 7, ranks: 3)
        #expect((0..<3).map { blocks[$0] } == [0..<2, 2..<4, 4..<7])
        #expect(blocks.loads([1, 2, 3, 4, 5, 6, 7]) == [3, 7, 18])
        #expect(blocks.imbalance([1, 1, 1, 1, 1, 1, 0]) == 1)
        #expect(blocks.imbalance([0, 0, 0, 0, 5, 0, 0]) == 3)
        #expect(blocks.imbalance([0, 0, 0, 0, 0, 0, 0]) == 1)
        #expect((0..<5).map { RankBlocks(experts: 2, ranks: 5)[$0].count } == [0, 0, 1, 0, 1])
    }

    @Test func `numbers that make no workload are refused in one sentence`() {
        func complaint(
            experts: Int = 8, topK: Int = 2, tokens: Int = 4, steps: Int = 4, ranks: Int = 4
        ) -> String? {
            do {
                _ = try Workload(
                    .balanced, experts: experts, topK: topK, tokens: tokens, steps: steps, ranks: ranks)
                return nil
            } catch { return "\(error)" }
        }
        #expect(complaint() == nil)
        #expect(complaint(steps: 0) == "A workload of 0 steps: it can be 1 to 1048576.")
        #expect(complaint(tokens: -1) == "A workload of -1 tokens: it can be 1 to 1048576.")
        #expect(complaint(experts: 0) == "A workload of 0 experts: it can be 1 to 65535.")
        #expect(complaint(topK: 9) == "A workload of 9 experts for each token: it can be 1 to 8.")
        #expect(complaint(ranks: .max)?.hasPrefix("A workload of 9223372036854775807 ranks") ?? false)
        #expect(
            complaint(experts: 65535, topK: 65535, tokens: 1 << 20)
                == "A workload of 1048576 tokens that visit 65535 experts each: it can be 67108864 visits in a step, so take "
                + "1024 tokens or fewer.")
    }
}
