import Inference
import ModelFiles
import Offload
import Profiling
import Tensors
import Testing

/// What training leaves is packed and run, with every router.
@Suite struct RoutingSessionTests {
    private let tokens = (0..<40).map { (step: Int) in (step * step * 31 + 7 * step + 3) % 300 }

    private func bits(_ session: Session) throws -> [UInt64?] {
        try session.score(tokens).logprobs.map { $0?.bitPattern }
    }

    @Test(arguments: RandomCheckpoint.samples)
    func `every budget, thread count, prefetch and cut of the text gives the same bits`(routing: Routing) throws {
        let sample = try RandomCheckpoint.sample(routing)
        let store = try TemporaryStore(sample, PackOptions(quantization: .one(.q8_0)))
        #expect(try Model(path: store.path).architecture == sample.architecture)
        let whole = try bits(store.session(tokens.count))
        #expect(Set(whole).count > 30)
        for (budget, chunk) in [(MemoryBudget.expertShare(0.5), 40), (.expertShare(0.25), 7), (.smallest, 1)] {
            for (threads, prefetch) in [(1, true), (3, false)] {
                let session = try store.session(tokens.count) {
                    $0.budget = budget
                    $0.passTokens = chunk
                    $0.threads = threads
                    $0.prefetchesPrompts = prefetch
                }
                #expect(try bits(session) == whole, "\(budget), \(chunk) tokens a pass, \(threads) threads")
            }
        }
    }

    @Test(arguments: RandomCheckpoint.samples)
    func `f32 and quantized weights agree about as well as rounding lets them`(routing: Routing) throws {
        let sample = try RandomCheckpoint.sample(routing)
        let exact = try TemporaryStore(sample).session(tokens.count).score(tokens)
        let rounded = try TemporaryStore(sample, PackOptions(quantization: .one(.q8_0))).session(tokens.count).score(
            tokens)
        #expect(abs(exact.perplexity / rounded.perplexity - 1) < 0.05)
    }

    @Test func `a table sends tokens where it says, and only tokens of its own`() throws {
        let sample = try RandomCheckpoint.sample(Routing(name: "hash", selection: .table, weighting: .constant))
        let routes = Routes()
        _ = try TemporaryStore(sample).session(tokens.count).score(tokens, recorder: routes)
        #expect(routes.entries.count == tokens.count * 3)
        for entry in routes.entries {
            #expect(entry.experts == [sample.expert(of: tokens[entry.token], layer: entry.layer)])
            #expect(entry.weights == [1])
        }
    }

    @Test func `by thresholds a token visits none, some or all experts`() throws {
        let sample = try RandomCheckpoint.sample(
            Routing(name: "expert-choice", selection: .threshold, weighting: .softmax))
        let routes = Routes()
        _ = try TemporaryStore(sample).session(tokens.count).score(tokens, recorder: routes)
        #expect(Set(routes.entries.map(\.experts.count)).isSuperset(of: [0, 1, 2]))
        // One expert takes shares above 0.05, the others above 0.6, and a token's shares sum to 1.
        for entry in routes.entries {
            for (expert, weight) in zip(entry.experts, entry.weights) { #expect(weight > (expert == 0 ? 0.05 : 0.6)) }
            #expect(entry.weights.reduce(0, +) < 1.00001)
        }
    }

    @Test(arguments: [true, false]) func `experts that all tokens leave alone, or all visit, are no trouble`(all: Bool)
        throws
    {
        var sample = try RandomCheckpoint.sample(
            Routing(name: "expert-choice", selection: .threshold, weighting: .softmax))
        sample.change = { role, numbers in
            if role.kind == .routerThresholds { numbers = numbers.map { _ in all ? -1 : 2 } }
        }
        let routes = Routes()
        let store = try TemporaryStore(sample, PackOptions(quantization: .one(.q8_0)))
        let score = try store.session(tokens.count) { $0.budget = .smallest }.score(tokens, recorder: routes)
        #expect(routes.entries.allSatisfy { $0.experts.count == (all ? 6 : 0) })
        #expect(score.perplexity.isFinite)
    }

    /// Routes of tables are known before a pass begins, so what is read ahead is what is used.
    @Test(arguments: [0.2, 0.5, 0.8]) func `nothing that a table names is read ahead in vain`(share: Double) throws {
        let sample = try RandomCheckpoint.sample(Routing(name: "hash", selection: .table, weighting: .constant))
        let store = try TemporaryStore(sample)
        var options = GenerationOptions()
        options.newTokens = 40
        options.stopsAtEnd = false
        let session = try store.session(60) { $0.budget = .expertShare(share) }
        let statistics = try session.generate(from: Array(tokens.prefix(10)), options: options) { _ in }
        #expect(statistics.usefulPrefetches > 0)
        #expect(statistics.wastedPrefetches == 0)
        let silent = try store.session(60) {
            $0.budget = .expertShare(share)
            $0.prefetchesPrompts = false
        }
        let without = try silent.generate(from: Array(tokens.prefix(10)), options: options) { _ in }
        #expect(without.usefulPrefetches == 0)
    }

    /// The same weights once as the one expert of a dense model, once as the expert that every token visits.
    @Test func `a shared expert adds what a routed one of weight 1 does`() throws {
        func swapped(_ role: TensorRole) -> TensorRole {
            let kinds: [TensorRole.Kind: TensorRole.Kind] = [
                .sharedGate: .expertGate, .sharedUp: .expertUp, .sharedDown: .expertDown,
            ]
            return kinds[role.kind].map { TensorRole($0, layer: role.layer, expert: 0) } ?? role
        }
        let dense = try RandomCheckpoint(Routing(name: "dense", weighting: .constant), experts: 1, perToken: 1)
        var shared = dense
        shared.architecture.sharedIntermediateSize = 96
        shared.change = { role, numbers in
            if role.isExpert { numbers = numbers.map { _ in 0 } }
            if swapped(role) != role { numbers = dense.numbers(of: swapped(role), count: numbers.count) }
        }
        let (one, other) = (
            try bits(TemporaryStore(dense).session(40)), try bits(TemporaryStore(shared).session(40))
        )
        #expect(one == other)
    }

    /// A norm forgets how long a vector was.
    @Test(arguments: [QueryKeyNorm.none, .heads, .whole])
    func `normalized queries do not mind being three times as long`(qkNorm: QueryKeyNorm) throws {
        var sample = try RandomCheckpoint(.mixtral)
        sample.architecture.qkNorm = qkNorm
        var longer = sample
        longer.change = { role, numbers in
            if role.kind == .query { numbers = numbers.map { 3 * $0 } }
        }
        let score = try TemporaryStore(sample).session(40).score(tokens)
        let other = try TemporaryStore(longer).session(40).score(tokens)
        let difference = zip(score.logprobs.dropFirst(), other.logprobs.dropFirst()).map { abs($0! - $1!) }.max()!
        #expect(qkNorm == .none ? difference > 1e-2 : difference < 1e-3)
    }
}

private final class Routes: RoutingRecorder {
    var entries: [RoutingTraceEntry] = []
    func record(_ entry: RoutingTraceEntry) { entries.append(entry) }
}
