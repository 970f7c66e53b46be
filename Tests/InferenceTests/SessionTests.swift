import Foundation
import Inference
import Offload
import Profiling
import Testing

@Suite struct SessionTests {
    @Test(arguments: [("odd", "odd/reference.json", 1e-4), ("small-q8_0.gguf", "small-q8_0.json", 1e-4)])
    func `a packed model scores like the reference program`(model: String, reference: String, bound: Double) throws {
        let store = try TemporaryStore(model)
        for sequence in try Golden.sequences(reference) {
            let score = try store.session(sequence.tokens.count).score(sequence.tokens)
            #expect(score.logprobs.count == sequence.tokens.count)
            #expect(score.logprobs[0] == nil)
            for (found, expected) in zip(score.logprobs.dropFirst(), sequence.logprobs.dropFirst()) {
                #expect(abs(found! - expected!) < bound)
            }
        }
    }

    @Test(arguments: ["small-q8_0.gguf", "small-q4_0-mixed.gguf", "small-f16.gguf", "window", "odd"])
    func `every budget, thread count, prefetch and policy gives the same bits`(name: String) throws {
        let store = try TemporaryStore(name)
        let tokens = try Golden.sequences("small-f32.json")[0].tokens
        let whole = try store.session(tokens.count).score(tokens).logprobs.map { $0?.bitPattern }
        for budget in [MemoryBudget.expertShare(0.5), .expertShare(0.25), .smallest] {
            for (threads, prefetch, policy) in [(1, true, EvictionPolicyName.decay), (3, false, .lru), (4, true, .lru)]
            {
                let session = try store.session(tokens.count) {
                    $0.budget = budget
                    $0.threads = threads
                    $0.prefetchesPrompts = prefetch
                    $0.policy = policy
                }
                #expect(
                    try session.score(tokens).logprobs.map { $0?.bitPattern } == whole, "\(budget), \(threads) threads")
            }
        }
    }

    @Test(arguments: [1, 7, 16]) func `a quantized model scores the same bits whatever the chunks`(chunk: Int) throws {
        let store = try TemporaryStore("small-q4_0.gguf")
        let tokens = try Golden.sequences("small-q4_0.json")[0].tokens
        let whole = try store.session(tokens.count).score(tokens).logprobs
        let chunked = try store.session(tokens.count) { $0.passTokens = chunk }.score(tokens).logprobs
        #expect(chunked.map { $0?.bitPattern } == whole.map { $0?.bitPattern })
    }

    @Test func `f32 weights differ by less than 1e-5 between chunks, where BLAS multiplies`() throws {
        let store = try TemporaryStore("small-f32.gguf")
        let tokens = try Golden.sequences("small-f32.json")[0].tokens
        let whole = try store.session(tokens.count).score(tokens).logprobs
        for chunk in [1, 7, 20] {
            let chunked = try store.session(tokens.count) { $0.passTokens = chunk }.score(tokens).logprobs
            for (found, expected) in zip(chunked.dropFirst(), whole.dropFirst()) {
                #expect(abs(found! - expected!) < 1e-5)
            }
        }
    }

    @Test func `the same text comes at every budget, and in the trace what made it`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        let prompt = try Array(Golden.sequences("small-q8_0.json")[0].tokens.prefix(9))
        var texts: Set<String> = []
        for budget in [MemoryBudget.expertShare(1), .smallest] {
            let session = try store.session(40) { $0.budget = budget }
            let routes = Routes()
            var text = ""
            var options = GenerationOptions()
            options.newTokens = 30
            options.stopsAtEnd = false
            let statistics = try session.generate(from: prompt, options: options, recorder: routes) { text += $0 }
            texts.insert(text)
            #expect(statistics.generatedTokens == 30)
            #expect(statistics.ending == .length)
            #expect(statistics.expertHits + statistics.expertMisses > 0)
            // 9 prompt tokens and 29 more pass two layers; the last token's own pass is nobody's wish.
            #expect(routes.entries.count == (9 + 29) * 2)
            #expect(routes.entries.count { $0.phase == .prompt } == 18)
            #expect(routes.entries.allSatisfy { abs($0.weights.reduce(0, +) - 1) < 1e-6 })
        }
        #expect(texts.count == 1)
    }

    @Test func `seeded sampling gives the same text again, another seed another`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        func text(seed: UInt64) throws -> String {
            var options = GenerationOptions()
            options.newTokens = 40
            options.stopsAtEnd = false
            options.sampling.temperature = 1.5
            options.sampling.seed = seed
            var text = ""
            _ = try store.session(60).generate(from: [1, 266, 293], options: options) { text += $0 }
            return text
        }
        #expect(try text(seed: 1) == text(seed: 1))
        #expect(try text(seed: 1) != text(seed: 2))
    }

    @Test func `a text ends when it is cancelled, when a stop string comes, and when the context is full`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        var options = GenerationOptions()
        options.newTokens = 100
        options.stopsAtEnd = false
        var text = ""
        let full = try store.session(20).generate(from: [1, 266, 293], options: options) { text += $0 }
        #expect(full.ending == .context)
        #expect(full.generatedTokens == 18)
        let cancelled = try store.session(20).generate(
            from: [1, 266, 293], options: options, isCancelled: { true }, onText: { _ in })
        #expect(cancelled.ending == .interrupted)
        #expect(cancelled.generatedTokens == 0)
        let stop = String(text.dropFirst(4).prefix(3))
        options.stopStrings = [stop]
        var shorter = ""
        let stopped = try store.session(20).generate(from: [1, 266, 293], options: options) { shorter += $0 }
        #expect(stopped.ending == .stopString)
        #expect(!shorter.contains(stop) && text.hasPrefix(shorter))
    }

    @Test func `a budget that cannot work is refused with the smallest that can`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        #expect { try store.session(40) { $0.budget = .bytes(1 << 20) } } throws: { error in
            "\(error)".contains("1.0 MiB is too small") && "\(error)".contains("the least is")
        }
        let plan = try store.session(40) { $0.budget = .smallest }.plan
        #expect(plan.total <= plan.budget)
        #expect(plan.budget == plan.smallestBudget)
    }

    @Test func `numbers of a use are of that use alone`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        let session = try store.session(40) { $0.budget = .expertShare(1) }
        let first = try session.score([1, 266, 293, 7]).statistics
        let second = try session.score([1, 266, 293, 7]).statistics
        #expect(first.bytesRead > 0 && first.expertMisses > 0 && first.loadSeconds > 0)
        // Everything is in memory by now.
        #expect(second.bytesRead == 0 && second.expertMisses == 0 && second.waitSeconds == 0)
        #expect(second.expertHits == first.expertHits + first.expertMisses)
        #expect(second.loadSeconds == 0 && second.hitRate == 1)
    }

    @Test func `a text longer than the context is refused with the way out`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        #expect { try store.session(4).score([1, 2, 3, 4, 5]) } throws: { "\($0)".contains("--context") }
    }
}

private final class Routes: RoutingRecorder {
    var entries: [RoutingTraceEntry] = []
    func record(_ entry: RoutingTraceEntry) { entries.append(entry) }
}
