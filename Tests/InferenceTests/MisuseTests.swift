import Inference
import Testing

/// Whoever builds on the library is told what cannot be done, and never crashes.
@Suite struct MisuseTests {
    private let store = try! TemporaryStore("small-q8_0.gguf")

    @Test func `a text without tokens is refused`() throws {
        let session = try store.session(20)
        #expect { try session.generate(from: []) { _ in } } throws: { "\($0)".contains("the text has no tokens") }
        #expect { try session.score([]) } throws: { "\($0)".contains("the text has no tokens") }
        #expect(try session.score([1]).logprobs == [nil])
    }

    @Test(arguments: [-1, 1 << 20, Int.min, Int.max])
    func `a token that the model does not have is named`(token: Int) throws {
        let session = try store.session(20)
        #expect { try session.score([1, 5, token]) } throws: {
            "\($0)".contains("token 2 of the text has the id \(token); this model's ids are 0 to ")
        }
        #expect(throws: InferenceError.self) { try session.generate(from: [token]) { _ in } }
    }

    /// Options with one change, and what is to be said of it.
    struct Odd<Options: Sendable>: Sendable {
        let found: String
        let change: @Sendable (inout Options) -> Void

        init(_ found: String, _ change: @escaping @Sendable (inout Options) -> Void) {
            self.found = found
            self.change = change
        }
    }

    private static let oddSessions: [Odd<SessionOptions>] = [
        Odd("threads is 0") { $0.threads = 0 }, Odd("threads is 9223372036854775807") { $0.threads = .max },
        Odd("positions is 0") { $0.positions = 0 }, Odd("positions is -3") { $0.positions = -3 },
        Odd("positions is 9223372036854775807") { $0.positions = .max }, Odd("passTokens is 0") { $0.passTokens = 0 },
        Odd("the share of experts is nan") { $0.budget = .expertShare(.nan) },
        Odd("the share of experts is 1.5") { $0.budget = .expertShare(1.5) },
    ]

    @Test(arguments: oddSessions)
    func `options of a session that mean nothing are refused`(odd: Odd<SessionOptions>) throws {
        #expect { try store.session(20, odd.change) } throws: { "\($0)".contains(odd.found) }
        var options = SessionOptions()
        odd.change(&options)
        let given = options
        #expect(throws: InferenceError.self) { try Model(path: store.path).plan(given) }
    }

    private static let oddTexts: [Odd<GenerationOptions>] = [
        Odd("newTokens is -1") { $0.newTokens = -1 }, Odd("temperature is nan") { $0.sampling.temperature = .nan },
        Odd("temperature is inf") { $0.sampling.temperature = .infinity }, Odd("topK is -1") { $0.sampling.topK = -1 },
        Odd("topP is nan") { $0.sampling.topP = .nan }, Odd("topP is 0.0") { $0.sampling.topP = 0 },
        Odd("minP is 1.5") { $0.sampling.minP = 1.5 },
        Odd("repetitionPenalty is 0.0") { $0.sampling.repetitionPenalty = 0 },
        Odd("repetitionWindow is -64") { $0.sampling.repetitionWindow = -64 },
    ]

    @Test(arguments: oddTexts)
    func `options of a text that mean nothing are refused`(odd: Odd<GenerationOptions>) throws {
        var options = GenerationOptions()
        odd.change(&options)
        let given = options
        #expect { try store.session(20).generate(from: [1], options: given) { _ in } } throws: {
            "\($0)".contains(odd.found)
        }
    }

    @Test func `no more tokens than are wanted, however many that is`() throws {
        var options = GenerationOptions()
        options.newTokens = .max
        options.stopsAtEnd = false
        options.stopStrings = [""]
        #expect(try store.session(20).generate(from: [1], options: options) { _ in }.ending == .context)
        options.newTokens = 0
        #expect(try store.session(20).generate(from: [1], options: options) { _ in }.generatedTokens == 0)
    }
}
