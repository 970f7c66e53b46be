import Inference
import ModelFiles
import Profiling
import Ranks
import Synchronization
import Tensors
import Testing

/// One model over several ranks, which are threads here.
struct RanksTests {
    /// What a rank found, in a form that leaves its thread.
    private struct Found: Sendable {
        var bits: [UInt64?]
        var text = ""
        var statistics: RunStatistics
    }

    private func scores(
        _ ranks: Int, _ store: TemporaryStore, _ tokens: [Int],
        _ change: @escaping @Sendable (Int, inout SessionOptions) -> Void = { _, _ in }
    ) throws -> [Found] {
        let path = store.path
        return try RankThreads.run(ranks) { communicator in
            let session = try session(communicator, path, tokens.count, change)
            let score = try session.score(tokens)
            return Found(bits: score.logprobs.map { $0?.bitPattern }, statistics: score.statistics)
        }
    }

    private func session(
        _ communicator: Communicator, _ path: String, _ tokens: Int,
        _ change: (Int, inout SessionOptions) -> Void
    ) throws -> Session {
        var options = SessionOptions()
        options.positions = tokens
        options.passTokens = 7
        options.threads = 1
        change(communicator.rank, &options)
        return try Model(path: path).session(options, ranks: SessionRanks(communicator))
    }

    /// The golden models have 4 or 8 experts in a layer: there are fewer ranks than those, and more.
    @Test(arguments: ["small-q8_0.gguf", "small-q4_0-mixed.gguf", "odd"], [1, 2, 3, 4, 9])
    func `any number of ranks gives the bits of one program`(model: String, ranks: Int) throws {
        let store = try TemporaryStore(model)
        let tokens = try Golden.sequences("small-q8_0.json")[0].tokens
        let alone = try store.session(tokens.count) { $0.passTokens = 7 }.score(tokens)
        let expected = alone.logprobs.map { $0?.bitPattern }
        for budget in [MemoryBudget.automatic, .smallest] {
            let found = try scores(ranks, store, tokens) { rank, options in
                options.budget = budget
                options.threads = 1 + rank % 3
            }
            #expect(found[0].bits == expected)
            #expect(found.dropFirst().allSatisfy { $0.bits.isEmpty })
            let all = try #require(found[0].statistics.ranks)
            #expect(all.map(\.rank) == Array(0..<ranks))
            #expect(found.allSatisfy { $0.statistics.ranks == all })
            // Every visit is computed by one rank.
            let visits = all.reduce(0) { $0 + $1.expertHits + $1.expertMisses }
            #expect(visits == alone.statistics.expertHits + alone.statistics.expertMisses)
            #expect(all.reduce(0) { $0 + $1.bytesReceived } > 0 || ranks == 1)
        }
    }

    @Test(arguments: RandomCheckpoint.samples)
    func `every router's model gives the bits of one program`(routing: Routing) throws {
        let store = try TemporaryStore(RandomCheckpoint.sample(routing))
        let tokens = Array(3..<43)
        let expected = try store.session(40) { $0.passTokens = 7 }.score(tokens).logprobs.map { $0?.bitPattern }
        #expect(try scores(4, store, tokens)[0].bits == expected)
        let one = try store.session(1).score([5]).statistics.promptTokens
        #expect(one == 1)
        #expect(try scores(3, store, [5])[0].statistics.promptTokens == 1)
    }

    @Test func `ranks with more memory have more of the experts`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        let tokens = try Golden.sequences("small-q8_0.json")[0].tokens
        let expected = try store.session(tokens.count) { $0.passTokens = 7 }.score(tokens).logprobs.map {
            $0?.bitPattern
        }
        let found = try scores(2, store, tokens) { rank, options in
            options.budget = .expertShare(rank == 0 ? 0.25 : 0.75)
        }
        #expect(found[0].bits == expected)
        let counts = found[0].statistics.ranks!.map(\.expertCount)
        #expect(counts[1] == 3 * counts[0])
    }

    @Test func `the first rank writes, and all end together`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        let prompt = try Array(Golden.sequences("small-q8_0.json")[0].tokens.prefix(9))
        var options = GenerationOptions()
        options.newTokens = 24
        options.stopsAtEnd = false
        options.sampling.temperature = 0.9
        var expected = ""
        _ = try store.session(40) { $0.passTokens = 7 }.generate(from: prompt, options: options) { expected += $0 }
        let (path, generation) = (store.path, options)
        func texts(stoppingAfter limit: Int) throws -> [Found] {
            try RankThreads.run(3) { communicator in
                let session = try session(communicator, path, 40) { _, _ in }
                var (text, asked) = ("", 0)
                let statistics = try session.generate(
                    from: prompt, options: generation,
                    isCancelled: {
                        asked += 1
                        return communicator.rank == 0 && asked > limit
                    }, onText: { text += $0 })
                return Found(bits: [], text: text, statistics: statistics)
            }
        }
        let whole = try texts(stoppingAfter: .max)
        #expect(whole.map(\.text) == [expected, expected, expected])
        #expect(whole.allSatisfy { $0.statistics.ending == .length })
        let summary = whole[0].statistics.summary.split(separator: "\n")
        #expect(summary.count == 4)
        #expect(summary[1].hasPrefix("rank 0: experts ") && summary[3].contains("for the other ranks"))
        // Two passes of the prompt, then a question for every token.
        let cut = try texts(stoppingAfter: 7)
        #expect(cut.allSatisfy { $0.statistics.ending == .interrupted && $0.statistics.generatedTokens == 5 })
        #expect(Set(cut.map(\.text)).count == 1 && expected.hasPrefix(cut[0].text))
    }

    @Test func `what needs no other rank is done by the first, and then by the others, until all are ready`() throws {
        let order = Mutex<[Int]>([])
        let threads = try RankThreads.run(4) { communicator in
            let ranks = try SessionRanks(communicator)
            let own = try ranks.inTurn {
                order.withLock { $0.append(communicator.rank) }
                return 10 * communicator.rank
            }
            // Nobody goes on while another is still at work.
            #expect(own == 10 * communicator.rank && order.withLock { $0.count } == 4)
            return ranks.threads
        }
        #expect(order.withLock { $0[0] } == 0 && order.withLock { $0.sorted() } == [0, 1, 2, 3])
        // All are on one host and its processors.
        #expect(threads == Array(repeating: max(1, CPU.defaultThreads / 4), count: 4))
    }

    @Test func `a rank that fails ends all of them with its name and its words`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        let tokens = try Golden.sequences("small-q8_0.json")[0].tokens
        let failure = #expect(throws: RankFailure.self) {
            try scores(3, store, tokens) { rank, options in
                if rank >= 1 { options.budget = .bytes(1 << 20) }
            }
        }
        #expect(failure?.description.contains("rank 1 failed: a budget of 1.0 MiB is too small") == true)
    }

    @Test func `a rank that stops in the middle is missed by name, at the layer`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        let tokens = try Golden.sequences("small-q8_0.json")[0].tokens
        let path = store.path
        let failure = #expect(throws: RankFailure.self) {
            _ = try RankThreads.run(2) { communicator in
                let session = try session(communicator, path, tokens.count) { _, _ in }
                guard communicator.rank == 0 else {
                    // One pass of its own, in which it is alone after the first layer.
                    struct Unplugged: Error, CustomStringConvertible { let description = "unplugged" }
                    _ = try session.score(tokens, onProgress: { _ in })
                    throw Unplugged()
                }
                _ = try session.score(tokens)
                _ = try session.score(tokens)
            }
        }
        #expect(failure?.description.contains("rank 1 failed: unplugged") == true)
    }
}
