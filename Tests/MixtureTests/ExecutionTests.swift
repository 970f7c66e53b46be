import Mixture
import Tensors
import Testing

@Suite struct ExecutionTests {
    private static let experts = 5
    private static let k = 2

    private func input(_ tokens: Int) -> [[Float]] {
        var state: UInt64 = 42
        return (0..<tokens).map { _ in (0..<RandomExpert.hidden).map { _ in noise(&state) } }
    }

    private func assignment(_ tokens: Int) -> Assignment {
        var state: UInt64 = 43
        let scores = (0..<tokens).map { _ in (0..<Self.experts).map { _ in 3 * noise(&state) } }
        return TopKRouter(k: Self.k).route(Matrix(scores))
    }

    /// What the experts add to a residual stream of zeros.
    private func run(_ tokens: Int, _ source: RandomExperts, threads: Int = 1) throws -> [[Float]] {
        let workers = Workers(count: threads)
        let sizes = Execution.Sizes(
            hiddenSize: RandomExpert.hidden, intermediateSize: RandomExpert.intermediate, tokens: tokens,
            visitsPerToken: Self.k, threads: threads, hasFloats: true)
        let execution = Execution(sizes, planner: Planner(.fixed(.tiles), threads: threads), workers: workers)
        var activations = Activations(rows: tokens, columns: RandomExpert.hidden)
        activations.load(Matrix(input(tokens)), for: [.f32], on: workers)
        var hidden = Matrix(rows: tokens, columns: RandomExpert.hidden)
        try execution.run(
            assignment(tokens), on: activations, from: source, layer: 0, phase: .prompt, addingTo: &hidden)
        return (0..<tokens).map { token in (0..<RandomExpert.hidden).map { hidden[token, $0] } }
    }

    @Test(arguments: [1, 3, 40, 300]) func `a token gets the weighted sum of what its experts compute`(tokens: Int)
        throws
    {
        let source = RandomExperts(Self.experts)
        let found = try run(tokens, source)
        let visits = assignment(tokens).visits
        for (token, vector) in input(tokens).enumerated() {
            var expected = [Double](repeating: 0, count: RandomExpert.hidden)
            for visit in visits where visit.token == token {
                let output = source.experts[visit.expert].output(vector)
                for index in expected.indices { expected[index] += Double(visit.weight) * output[index] }
            }
            for (found, expected) in zip(found[token], expected) { #expect(abs(Double(found) - expected) < 1e-5) }
        }
    }

    @Test(arguments: [1, 12, 300]) func `the same bits whatever is resident, arrives first, or runs beside it`(
        tokens: Int
    ) throws {
        let expected = try run(tokens, RandomExperts(Self.experts))
        for (reversed, resident, threads) in [(true, true, 1), (false, false, 2), (true, false, 3)] {
            let source = RandomExperts(Self.experts, reversed: reversed)
            for expert in source.experts where expert.expert % 2 == 0 { expert.isResident = resident }
            #expect(try run(tokens, source, threads: threads) == expected)
        }
    }

    @Test func `every lease is given back, once`() throws {
        let source = RandomExperts(Self.experts)
        _ = try run(40, source)
        let visited = Set(assignment(40).visits.map(\.expert))
        for expert in source.experts { #expect(expert.releases == (visited.contains(expert.expert) ? 1 : 0)) }
    }

    @Test func `an expert that cannot be read fails the pass, and every lease is given back`() throws {
        let source = RandomExperts(Self.experts)
        source.experts[2].isBroken = true
        #expect(throws: RandomExpert.Broken.self) { try run(40, source, threads: 2) }
        #expect(source.experts.allSatisfy { $0.releases == 1 })
    }
}
