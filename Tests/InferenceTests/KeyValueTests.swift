import Inference
import ModelFiles
import Tensors
import Testing

/// How keys and values are kept, seen from a session.
struct KeyValueTests {
    private func store(headSize: Int = 32, window: Int? = nil) throws -> TemporaryStore {
        var checkpoint = try RandomCheckpoint(.mixtral)
        checkpoint.architecture.headSize = headSize
        checkpoint.architecture.rotaryDimensions = headSize
        checkpoint.architecture.slidingWindow = window
        checkpoint.architecture.contextLength = 1024
        return try TemporaryStore(checkpoint)
    }

    private func tokens(_ count: Int, in store: TemporaryStore) throws -> [Int] {
        let vocabulary = try Model(path: store.path).architecture.vocabularySize
        var random = RandomNumbers(seed: 1)
        return (0..<count).map { _ in Int.random(in: 3..<vocabulary, using: &random) }
    }

    private func bits(_ score: TextScore) -> [UInt64?] { score.logprobs.map { $0?.bitPattern } }

    @Test(arguments: [KeyValueFormat.f16, .q8_0])
    func `rounded keys and values give the same bits in every budget, pass and thread count`(
        format: KeyValueFormat
    ) throws {
        let store = try store()
        let tokens = try tokens(70, in: store)
        func score(_ change: (inout SessionOptions) -> Void) throws -> TextScore {
            // Passes too short for BLAS.
            try store.session(tokens.count) {
                $0.keyValueFormat = format
                $0.passTokens = 7
                change(&$0)
            }.score(tokens)
        }
        let whole = try score { _ in }
        #expect(whole.statistics.keyValueFormat == format)
        #expect(whole.statistics.summary.contains("keys and values rounded to \(format.rawValue)"))
        for (budget, pass, threads) in [(MemoryBudget.smallest, 7, 3), (.expertShare(0.5), 1, 1), (.automatic, 3, 4)] {
            let again = try score {
                $0.budget = budget
                $0.passTokens = pass
                $0.threads = threads
            }
            #expect(bits(again) == bits(whole), "\(budget), \(pass) tokens a pass, \(threads) threads")
        }
        let exact = try store.session(tokens.count) { $0.passTokens = 7 }.score(tokens)
        #expect(bits(exact) != bits(whole))
        #expect(!exact.statistics.summary.contains("rounded"))
        for (found, expected) in zip(whole.logprobs.dropFirst(), exact.logprobs.dropFirst()) {
            #expect(abs(found! - expected!) < (format == .f16 ? 0.01 : 0.2))
        }
    }

    @Test func `rounded keys and values take what the plan says: a half, and a little more than a quarter`() throws {
        let store = try store()
        func plan(_ format: KeyValueFormat) throws -> MemoryPlan {
            try store.session(1024) { $0.keyValueFormat = format }.plan
        }
        let exact = try plan(.f32)
        // 3 layers, 2 heads, 1,024 positions of 32 keys and 32 values.
        #expect(exact.keyValueCache == 3 * 2 * 1024 * 64 * 4)
        #expect(try plan(.f16).keyValueCache == exact.keyValueCache / 2)
        #expect(try plan(.q8_0).keyValueCache == exact.keyValueCache / 4 * 34 / 32)
        #expect(try plan(.q8_0).smallestBudget < exact.smallestBudget)
        #expect(try plan(.f16).keyValueFormat == .f16)
    }

    @Test func `heads that do not divide into blocks are refused, with what to take instead`() throws {
        let store = try store(headSize: 16)
        let error = try #require(throws: InferenceError.self) {
            _ = try store.session(40) { $0.keyValueFormat = .q8_0 }
        }
        #expect(error.description.contains("keys and values cannot be kept in q8_0"))
        #expect(error.description.contains("32 numbers together, and heads are 16 wide. Take f16, or f32"))
        _ = try store.session(40) { $0.keyValueFormat = .f16 }
    }

    @Test(arguments: [KeyValueFormat.f32, .f16])
    func `a model with a window keeps no more than that, and scores the same bits`(format: KeyValueFormat) throws {
        let store = try store(window: 100)
        let tokens = try tokens(700, in: store)
        func session(repeatable: Int) throws -> Session {
            try store.session(tokens.count) {
                $0.keyValueFormat = format
                $0.passTokens = 7
                $0.repeatableTokens = repeatable
            }
        }
        let (all, round) = try (session(repeatable: 700), session(repeatable: 0))
        #expect(try bits(round.score(tokens)) == bits(all.score(tokens)))
        #expect(round.plan.keyValueCache * 704 == all.plan.keyValueCache * 256)
        // The next text begins anew, and an interrupted one leaves nothing behind.
        var asked = 0
        _ = try round.score(
            tokens,
            isCancelled: {
                asked += 1
                return asked > 400
            })
        #expect(try bits(round.score(tokens)) == bits(all.score(tokens)))
        #expect(round.work.keyValueBytes == all.work.keyValueBytes)
    }
}
